// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "vfio_session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

void die(const char *what)
{
	printf("BROKEN: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void open_group(struct session *session)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/iommu_group", session->uuid);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		die(path);
	link[length] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	session->group = open(path, O_RDWR);
	if (session->group < 0)
		die(path);
}

int session_try_open(struct session *session, const char *uuid, int container)
{
	memset(session, 0, sizeof(*session));
	snprintf(session->uuid, sizeof(session->uuid), "%s", uuid);
	open_group(session);
	session->container = container < 0 ? open("/dev/vfio/vfio", O_RDWR) : container;
	if (session->container < 0)
		die("/dev/vfio/vfio");
	if (ioctl(session->group, VFIO_GROUP_SET_CONTAINER, &session->container))
		die("VFIO_GROUP_SET_CONTAINER");
	if (container < 0 && ioctl(session->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU");
	session->device = ioctl(session->group, VFIO_GROUP_GET_DEVICE_FD, uuid);
	return session->device < 0 ? -errno : 0;
}

void session_open(struct session *session, const char *uuid, int container)
{
	if (session_try_open(session, uuid, container))
		die("VFIO_GROUP_GET_DEVICE_FD");
}

void session_close(struct session *session)
{
	unsigned int i;

	for (i = 0; i < session->nr_mapped; i++)
		munmap(session->mapped[i].at, session->mapped[i].size);
	close(session->device);
	close(session->group);
	close(session->container);
}

void session_map_region(struct session *session)
{
	uint8_t buffer[4096] = { 0 };
	struct vfio_region_info *info = (void *)buffer;
	struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vfio_info_cap_header *cap;
	unsigned int i;
	uint32_t at;

	info->argsz = sizeof(buffer);
	info->index = REGION_MIGRATION;
	if (ioctl(session->device, VFIO_DEVICE_GET_REGION_INFO, info))
		die("VFIO_DEVICE_GET_REGION_INFO");
	for (at = info->cap_offset; at; at = cap->next) {
		cap = (void *)(buffer + at);
		if (cap->id != VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			continue;
		sparse = (void *)cap;
		for (i = 0; i < sparse->nr_areas && i < 4; i++) {
			void *map = mmap(NULL, sparse->areas[i].size, PROT_READ | PROT_WRITE, MAP_SHARED,
					 session->device, info->offset + sparse->areas[i].offset);

			if (map == MAP_FAILED)
				die("mmap of a sparse area");
			session->mapped[i].offset = sparse->areas[i].offset;
			session->mapped[i].size = sparse->areas[i].size;
			session->mapped[i].at = map;
			session->nr_mapped = i + 1;
		}
	}
}

void attribute_get(const char *uuid, const char *name, char *into, size_t size)
{
	char path[PATH_MAX];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/dut/%s", uuid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path);
	length = read(fd, into, size - 1);
	close(fd);
	if (length < 0)
		die(path);
	into[length] = 0;
	into[strcspn(into, "\n")] = 0;
}

int attribute_set(const char *uuid, const char *name, const char *value)
{
	char path[PATH_MAX];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/dut/%s", uuid, name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		die(path);
	done = write(fd, value, strlen(value));
	done = done < 0 ? -errno : 0;
	close(fd);
	return done;
}

uint64_t bar_read(struct session *session, uint64_t at)
{
	uint64_t value;

	if (pread(session->device, &value, 8, REGION_OFFSET(REGION_BAR0) + at) != 8)
		die("read of BAR 0");
	return value;
}

void bar_write(struct session *session, uint64_t at, uint64_t value)
{
	if (pwrite(session->device, &value, 8, REGION_OFFSET(REGION_BAR0) + at) != 8)
		die("write of BAR 0");
}

static size_t width(unsigned int field)
{
	return field < FIELD_PENDING ? 4 : 8;
}

int field_read(struct session *session, unsigned int field, uint64_t *value)
{
	ssize_t done;

	*value = 0;
	done = pread(session->device, value, width(field), REGION_OFFSET(REGION_MIGRATION) + field);
	if (done < 0)
		return -errno;
	return done == (ssize_t)width(field) ? 0 : -EIO;
}

int field_write(struct session *session, unsigned int field, uint64_t value)
{
	ssize_t done = pwrite(session->device, &value, width(field), REGION_OFFSET(REGION_MIGRATION) + field);

	if (done < 0)
		return -errno;
	return done == (ssize_t)width(field) ? 0 : -EIO;
}

uint64_t field(struct session *session, unsigned int field)
{
	uint64_t value;

	if (field_read(session, field, &value))
		die("read of a field");
	return value;
}

int set_state(struct session *session, uint32_t state)
{
	return field_write(session, FIELD_STATE, state);
}

static uint8_t *mapped_at(struct session *session, uint64_t offset, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < session->nr_mapped; i++) {
		if (offset >= session->mapped[i].offset &&
		    offset + size <= session->mapped[i].offset + session->mapped[i].size)
			return session->mapped[i].at + (offset - session->mapped[i].offset);
	}
	return NULL;
}

int save_buffer(struct session *session, struct stream *stream)
{
	uint64_t pending, offset, size;
	uint8_t *mapped, *bytes;
	int ret;

	ret = field_read(session, FIELD_PENDING, &pending);
	if (ret || !pending)
		return ret;
	ret = field_read(session, FIELD_OFFSET, &offset);
	if (ret)
		return ret;
	ret = field_read(session, FIELD_SIZE, &size);
	if (ret)
		return ret;
	if (size > 64 << 20)
		return -E2BIG;
	bytes = malloc(size ?: 1);
	mapped = mapped_at(session, offset, size);
	if (mapped)
		memcpy(bytes, mapped, size);
	else if (pread(session->device, bytes, size, REGION_OFFSET(REGION_MIGRATION) + offset) != (ssize_t)size)
		return -EIO;
	stream->buffers = realloc(stream->buffers, (stream->count + 1) * sizeof(*stream->buffers));
	stream->buffers[stream->count].bytes = bytes;
	stream->buffers[stream->count++].size = size;
	stream->bytes += size;
	return 1;
}

int save_all(struct session *session, struct stream *stream)
{
	unsigned int turns;
	int ret = 1;

	for (turns = 0; ret == 1; turns++) {
		if (turns > 1000000)
			return -ELOOP;
		ret = save_buffer(session, stream);
	}
	return ret;
}

int resume_buffer(struct session *session, const uint8_t *bytes, size_t size)
{
	uint8_t *mapped;
	uint64_t offset;
	int ret;

	ret = field_read(session, FIELD_OFFSET, &offset);
	if (ret)
		return ret;
	mapped = mapped_at(session, offset, size);
	if (mapped)
		memcpy(mapped, bytes, size);
	else if (pwrite(session->device, bytes, size, REGION_OFFSET(REGION_MIGRATION) + offset) != (ssize_t)size)
		return -EFBIG;
	return field_write(session, FIELD_SIZE, size);
}

int resume_all(struct session *session, const struct stream *stream)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < stream->count && !ret; i++)
		ret = resume_buffer(session, stream->buffers[i].bytes, stream->buffers[i].size);
	return ret;
}

void stream_free(struct stream *stream)
{
	unsigned int i;

	for (i = 0; i < stream->count; i++)
		free(stream->buffers[i].bytes);
	free(stream->buffers);
	memset(stream, 0, sizeof(*stream));
}

void *dma_map(struct session *session, uint64_t iova, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = iova,
		.size = size,
	};

	if (memory == MAP_FAILED)
		die("memory for DMA");
	if (ioctl(session->container, VFIO_IOMMU_MAP_DMA, &map))
		die("VFIO_IOMMU_MAP_DMA");
	return memory;
}

int dma_unmap(struct session *session, uint64_t iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = iova, .size = size };

	return ioctl(session->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

int dirty_control(struct session *session, uint32_t flag)
{
	struct vfio_iommu_type1_dirty_bitmap dirty = { .argsz = sizeof(dirty), .flags = flag };

	return ioctl(session->container, VFIO_IOMMU_DIRTY_PAGES, &dirty) ? -errno : 0;
}

uint64_t dirty_get(struct session *session, uint64_t iova, size_t size)
{
	uint64_t bits = 0;
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} request = {
		.head = { .argsz = sizeof(request), .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP },
		.get = { .iova = iova, .size = size,
			 .bitmap = { .pgsize = 4096, .size = 8, .data = (void *)&bits } },
	};

	if (ioctl(session->container, VFIO_IOMMU_DIRTY_PAGES, &request))
		die("VFIO_IOMMU_DIRTY_PAGES GET_BITMAP");
	return bits;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

void sleep_ms(unsigned int ms)
{
	usleep(ms * 1000);
}
