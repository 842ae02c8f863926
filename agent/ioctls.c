// SPDX-License-Identifier: Apache-2.0
// Which ioctls may be made, and what their argument must be, so that the kernel and a device reach no memory but what was given to them.
#include "agent.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>

enum shape {
	NUMBER,    // never dereferenced
	STRUCTURE, // begins with argsz; `least` bytes are read whatever it says
	BYTES,     // `least` bytes without argsz
	STRING,
};

static const struct rule {
	enum kind kind;
	unsigned long request;
	enum shape shape;
	uint32_t least;
} rules[] = {
	{KIND_CONTAINER, VFIO_GET_API_VERSION, NUMBER, 0},
	{KIND_CONTAINER, VFIO_CHECK_EXTENSION, NUMBER, 0},
	{KIND_CONTAINER, VFIO_SET_IOMMU, NUMBER, 0},
	{KIND_CONTAINER, VFIO_IOMMU_GET_INFO, STRUCTURE, 16},
	{KIND_CONTAINER, VFIO_IOMMU_MAP_DMA, STRUCTURE, 32},
	{KIND_CONTAINER, VFIO_IOMMU_UNMAP_DMA, STRUCTURE, 24},
	{KIND_CONTAINER, VFIO_IOMMU_ENABLE, NUMBER, 0},
	{KIND_CONTAINER, VFIO_IOMMU_DISABLE, NUMBER, 0},
	{KIND_CONTAINER, VFIO_IOMMU_DIRTY_PAGES, STRUCTURE, 8},
	{KIND_GROUP, VFIO_GROUP_GET_STATUS, STRUCTURE, 8},
	{KIND_GROUP, VFIO_GROUP_SET_CONTAINER, BYTES, 4},
	{KIND_GROUP, VFIO_GROUP_UNSET_CONTAINER, NUMBER, 0},
	{KIND_GROUP, VFIO_GROUP_GET_DEVICE_FD, STRING, 0},
	{KIND_DEVICE, VFIO_DEVICE_GET_INFO, STRUCTURE, 16},
	{KIND_DEVICE, VFIO_DEVICE_GET_REGION_INFO, STRUCTURE, 32},
	{KIND_DEVICE, VFIO_DEVICE_GET_IRQ_INFO, STRUCTURE, 16},
	{KIND_DEVICE, VFIO_DEVICE_SET_IRQS, STRUCTURE, 20},
	{KIND_DEVICE, VFIO_DEVICE_RESET, NUMBER, 0},
	{KIND_DEVICE, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, STRUCTURE, 12},
	{KIND_DEVICE, VFIO_DEVICE_PCI_HOT_RESET, STRUCTURE, 12},
	{KIND_DEVICE, VFIO_DEVICE_QUERY_GFX_PLANE, STRUCTURE, 64},
	{KIND_DEVICE, VFIO_DEVICE_GET_GFX_DMABUF, BYTES, 4},
	{KIND_DEVICE, VFIO_DEVICE_IOEVENTFD, STRUCTURE, 28},
	{KIND_DEVICE, VFIO_DEVICE_FEATURE, STRUCTURE, 8},
};

static bool raw;

void ioctls_allow_raw(void)
{
	raw = true;
}

// No memory of a process is there: the kernel refuses such an address itself, which is worth testing.
static bool nobodys(uint64_t address, uint64_t length)
{
	return length == 0 || address >= 1ull << 63 || address + length <= 0x10000 || address + length < address;
}

// The address in a structure that the kernel or the device would write to.
static bool embedded_is_own(enum kind kind, unsigned long request, uint32_t length)
{
	struct vfio_bitmap bitmap;
	uint32_t flags, at;

	if (kind == KIND_DEVICE && request == VFIO_DEVICE_FEATURE) {
		// Features that carry addresses belong to the second version of migration, which the kit does not speak yet.
		memcpy(&flags, payload + 4, sizeof(flags));
		return (flags & VFIO_DEVICE_FEATURE_MASK) < 6 || (flags & VFIO_DEVICE_FEATURE_MASK) > 8;
	}
	if (kind != KIND_CONTAINER)
		return true;
	memcpy(&flags, payload + 4, sizeof(flags));
	if (request == VFIO_IOMMU_MAP_DMA) {
		struct vfio_iommu_type1_dma_map map;
		memcpy(&map, payload, sizeof(map));
		return nobodys(map.vaddr, map.size) || memory_covers(map.vaddr, map.size);
	}
	if (request == VFIO_IOMMU_UNMAP_DMA && flags & 1)
		at = sizeof(struct vfio_iommu_type1_dma_unmap);
	else if (request == VFIO_IOMMU_DIRTY_PAGES && flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP)
		at = sizeof(struct vfio_iommu_type1_dirty_bitmap) + 16;
	else
		return true;
	// A shorter argsz is no longer than the buffer, and is refused by the kernel before it looks for a bitmap.
	if (length < at + sizeof(bitmap))
		return true;
	memcpy(&bitmap, payload + at, sizeof(bitmap));
	uint64_t address = (uintptr_t)bitmap.data;
	return nobodys(address, bitmap.size) || memory_covers(address, bitmap.size);
}

static int32_t check(const struct rule *rule, uint32_t length)
{
	uint32_t argsz;

	if (rule->shape == NUMBER)
		return 0;
	if (rule->shape == STRING)
		return memchr(payload, 0, length) ? 0 : RESULT_BAD_REQUEST;
	if (length < rule->least)
		return RESULT_BAD_REQUEST;
	if (rule->shape == STRUCTURE) {
		memcpy(&argsz, payload, sizeof(argsz));
		if (argsz > length)
			return RESULT_BAD_REQUEST;
	}
	return embedded_is_own(rule->kind, rule->request, length) ? 0 : RESULT_FOREIGN;
}

int32_t ioctls_call(const struct request *request)
{
	enum kind kind = files_kind(request->argument[0]);
	int fd = (int)request->argument[0];
	unsigned long number = (unsigned long)request->argument[1], value = (unsigned long)request->argument[3];
	const struct rule *rule = NULL;

	if (kind == KIND_NONE)
		return -EBADF;
	if (request->argument[1] > UINT32_MAX || request->argument[2] > 1)
		return RESULT_BAD_REQUEST;
	for (size_t n = 0; n < sizeof(rules) / sizeof(*rules); n++)
		if (rules[n].kind == kind && rules[n].request == number)
			rule = &rules[n];
	if (!rule && !raw)
		return RESULT_REFUSED;
	int32_t result;
	if (request->argument[2]) {
		result = rule ? check(rule, request->length) : 0;
		if (result)
			return result;
		// What was there before must not be written back as an answer.
		memset(payload + request->length, 0, SLACK);
		result = ioctl(fd, number, payload);
	} else {
		// Read as an address, a number would be one that nobody checked.
		if (rule && rule->shape != NUMBER && !nobodys(value, 0x1000))
			return RESULT_FOREIGN;
		result = ioctl(fd, number, value);
	}
	if (result < 0)
		return -errno;
	if (kind == KIND_GROUP && number == VFIO_GROUP_GET_DEVICE_FD)
		return files_add(result, KIND_DEVICE);
	if (kind == KIND_DEVICE && number == VFIO_DEVICE_GET_GFX_DMABUF)
		return files_add(result, KIND_OTHER);
	return result;
}
