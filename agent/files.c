// SPDX-License-Identifier: Apache-2.0
// Which files there are for the kit: those of VFIO to open, and what it reads in sysfs to find and to name a device. Nothing else.
#include "agent.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 8192 };
enum { RETRIES = 16 };

static struct { int fd; enum kind kind; } files[FILES_MAX];
static unsigned count;
static const char *root = "";

void files_root(const char *folder)
{
	root = folder;
}

static bool starts(const char *path, const char *prefix)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

static bool digits(const char *text)
{
	size_t n = 0;
	while (isdigit((unsigned char)text[n]))
		n++;
	return n > 0 && n < 10 && text[n] == 0;
}

static enum kind kind_of(const char *path)
{
	if (strcmp(path, "/dev/vfio/vfio") == 0)
		return KIND_CONTAINER;
	if (strcmp(path, "/dev/iommu") == 0)
		return KIND_IOMMUFD;
	if (starts(path, "/dev/vfio/devices/vfio"))
		return digits(path + strlen("/dev/vfio/devices/vfio")) ? KIND_DEVICE : KIND_NONE;
	if (starts(path, "/dev/vfio/noiommu-"))
		return digits(path + strlen("/dev/vfio/noiommu-")) ? KIND_GROUP : KIND_NONE;
	return starts(path, "/dev/vfio/") && digits(path + strlen("/dev/vfio/")) ? KIND_GROUP : KIND_NONE;
}

// Of sysfs only devices, their groups and the modules of their drivers.
static bool readable(const char *path)
{
	static const char *const trees[] = {"/sys/bus/pci/devices", "/sys/bus/mdev/devices", "/sys/bus/fsl-mc/devices",
		"/sys/bus/cdx/devices", "/sys/bus/platform/devices", "/sys/kernel/iommu_groups", "/sys/module"};

	if (strstr(path, "/../") || (strlen(path) >= 3 && strcmp(path + strlen(path) - 3, "/..") == 0))
		return false;
	for (size_t n = 0; n < sizeof(trees) / sizeof(*trees); n++) {
		size_t length = strlen(trees[n]);
		if (starts(path, trees[n]) && (path[length] == '/' || path[length] == 0))
			return true;
	}
	return false;
}

static bool text_readable(const char *path)
{
	static const char *const names[] = {"vendor", "device", "subsystem_vendor", "subsystem_device", "class", "revision",
		"name", "device_api", "version", "srcversion"};
	const char *last = strrchr(path, '/');

	for (size_t n = 0; last && n < sizeof(names) / sizeof(*names); n++)
		if (strcmp(last + 1, names[n]) == 0)
			return readable(path);
	return false;
}

static bool link_readable(const char *path)
{
	// A mediated device's parent: /sys/bus/mdev/devices/UUID/../driver
	static const char mdev[] = "/sys/bus/mdev/devices/";
	const char *slash = starts(path, mdev) ? strchr(path + strlen(mdev), '/') : NULL;

	return slash && path[strlen(mdev)] != '.' ? strcmp(slash, "/../driver") == 0 || readable(path) : readable(path);
}

// The path below the root that the agent was started with; NULL when it is too long.
static const char *rooted(const char *path)
{
	static char full[2 * PATH_MAX];
	int length = snprintf(full, sizeof(full), "%s%s", root, path);
	return length > 0 && (size_t)length < sizeof(full) ? full : NULL;
}

static int open_patiently(const char *path, int flags)
{
	const char *full = rooted(path);
	int fd = -1;

	errno = ENAMETOOLONG;
	for (int left = RETRIES; full; left--) {
		fd = open(full, flags | O_CLOEXEC | O_NOCTTY);
		if (fd >= 0 || errno != EINTR || left == 0)
			break;
	}
	return fd < 0 ? -errno : fd;
}

int32_t files_open(const char *path, bool writing)
{
	enum kind kind = kind_of(path);
	int fd = kind == KIND_NONE ? -EACCES : open_patiently(path, (writing ? O_RDWR : O_RDONLY) | O_NOFOLLOW);

	return fd < 0 ? fd : files_add(fd, kind);
}

int32_t files_add(int fd, enum kind kind)
{
	if (count == FILES_MAX) {
		close(fd);
		return -EMFILE;
	}
	files[count].fd = fd;
	files[count++].kind = kind;
	return fd;
}

static unsigned find(uint64_t fd)
{
	unsigned n = 0;
	while (n < count && (uint64_t)files[n].fd != fd)
		n++;
	return n;
}

enum kind files_kind(uint64_t fd)
{
	unsigned n = find(fd);
	return n < count ? files[n].kind : KIND_NONE;
}

int32_t files_close(uint64_t fd)
{
	unsigned n = find(fd);

	if (n == count)
		return -EBADF;
	int open = files[n].fd;
	// The order stays: a device is closed before its group, and that before its container.
	memmove(files + n, files + n + 1, (--count - n) * sizeof(*files));
	return close(open) < 0 ? -errno : 0;
}

void files_close_all(void)
{
	while (count > 0)
		files_close((uint64_t)files[count - 1].fd);
}

int32_t files_text(const char *path, uint32_t *length)
{
	int fd = text_readable(path) ? open_patiently(path, O_RDONLY | O_NONBLOCK) : -EACCES;
	size_t filled = 0;
	ssize_t got = 0;

	if (fd < 0)
		return fd;
	while (filled <= TEXT_MAX && (got = read(fd, payload + filled, TEXT_MAX + 1 - filled)) > 0)
		filled += (size_t)got;
	int error = got < 0 ? -errno : filled > TEXT_MAX ? -EFBIG : 0;
	close(fd);
	*length = error ? 0 : (uint32_t)filled;
	return error;
}

int32_t files_link(const char *path, uint32_t *length)
{
	const char *full = rooted(path);
	ssize_t got;

	if (!link_readable(path))
		return -EACCES;
	if (!full)
		return -ENAMETOOLONG;
	got = readlink(full, (char *)payload, PATH_MAX);
	*length = got < 0 ? 0 : (uint32_t)got;
	return got < 0 ? -errno : 0;
}

int32_t files_list(const char *path, uint32_t *length)
{
	const char *full = rooted(path);
	struct dirent *entry;
	uint32_t filled = 0;
	int error = 0;

	if (!readable(path) && strcmp(path, "/dev/vfio") != 0)
		return -EACCES;
	DIR *folder = full ? opendir(full) : NULL;
	if (!folder)
		return full ? -errno : -ENAMETOOLONG;
	while ((errno = 0, entry = readdir(folder))) {
		size_t size = strlen(entry->d_name) + 1;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (filled + size > LIST_MAX) {
			error = -EFBIG;
			break;
		}
		memcpy(payload + filled, entry->d_name, size);
		filled += (uint32_t)size;
	}
	if (!entry && errno)
		error = -errno;
	closedir(folder);
	*length = error ? 0 : filled;
	return error;
}
