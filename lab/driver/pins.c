// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA through pinned pages, and pages that stay pinned: the kernel counts them
 * as dirty for as long as they are.
 *
 * The kernel does not forgive a pin that outlives its mapping: dut_dma_unmap()
 * has to see every pinned page off. It is called with the kernel's list of
 * devices locked, and unpinning takes the IOMMU's lock, outside of which that
 * list is locked elsewhere. So the unpinning is a worker's, and the wait for it
 * is bounded; the kernel asks again.
 */
#include <linux/highmem.h>
#include <linux/iommu.h>

#include "dut.h"

#define PINS_MAX 512
/* Pages pinned by one call. */
#define PIN_BATCH 16
#define UNMAP_WAIT_MS 100

static void set_range(struct dut *dut, struct dut_pins *pins, u64 iova, u64 count)
{
	spin_lock(&dut->pin_state);
	pins->iova = iova;
	pins->count = count;
	spin_unlock(&dut->pin_state);
	if (!count)
		wake_up(&dut->unpinned);
}

int dut_pinned_copy(struct dut *dut, u64 iova, void *data, size_t count, bool write)
{
	struct page *page;
	u8 *mapped;
	size_t part;
	int ret = 0;

	mutex_lock(&dut->pin_lock);
	for (; count && !ret; count -= part, data += part, iova += part) {
		part = min_t(size_t, count, PAGE_SIZE - offset_in_page(iova));
		set_range(dut, &dut->passing, iova & PAGE_MASK, 1);
		ret = vfio_pin_pages(&dut->vdev, iova & PAGE_MASK, 1,
				     write ? IOMMU_READ | IOMMU_WRITE : IOMMU_READ, &page);
		if (ret != 1) {
			ret = ret < 0 ? ret : -EFAULT;
			break;
		}
		ret = 0;
		mapped = kmap_local_page(page);
		if (write)
			memcpy(mapped + offset_in_page(iova), data, part);
		else
			memcpy(data, mapped + offset_in_page(iova), part);
		kunmap_local(mapped);
		vfio_unpin_pages(&dut->vdev, iova & PAGE_MASK, 1);
	}
	set_range(dut, &dut->passing, 0, 0);
	mutex_unlock(&dut->pin_lock);
	return ret;
}

/* With pin_lock held. */
static void unpin(struct dut *dut)
{
	u64 iova = dut->held.iova;
	unsigned int part;

	for (; dut->nr_pinned; dut->nr_pinned -= part, iova += (u64)part * PAGE_SIZE) {
		part = min_t(unsigned int, dut->nr_pinned, PIN_BATCH);
		vfio_unpin_pages(&dut->vdev, iova, part);
	}
	set_range(dut, &dut->held, 0, 0);
}

void dut_unpin_all(struct dut *dut)
{
	mutex_lock(&dut->pin_lock);
	unpin(dut);
	mutex_unlock(&dut->pin_lock);
}

void dut_unpin_work(struct work_struct *work)
{
	dut_unpin_all(container_of(work, struct dut, unpin_work));
}

static int pin(struct dut *dut, u64 iova, u64 count)
{
	struct page *pages[PIN_BATCH];
	unsigned int part;
	int ret;

	if (!count || count > PINS_MAX || offset_in_page(iova) || iova + count * PAGE_SIZE < iova)
		return -EINVAL;
	if (dut->nr_pinned)
		return -EBUSY;
	/* Before the first is pinned: an unmap that comes in between has to know. */
	set_range(dut, &dut->held, iova, count);
	for (; count; count -= part) {
		part = min_t(u64, count, PIN_BATCH);
		ret = vfio_pin_pages(&dut->vdev, iova + (u64)dut->nr_pinned * PAGE_SIZE, part,
				     IOMMU_READ | IOMMU_WRITE, pages);
		if (ret != part) {
			unpin(dut);
			return ret < 0 ? ret : -EFAULT;
		}
		dut->nr_pinned += part;
	}
	return 0;
}

/* 1 pins PIN_COUNT pages from PIN_IOVA, 0 lets them go. */
void dut_pin_command(struct dut *dut, u64 command)
{
	int ret = 0;

	mutex_lock(&dut->pin_lock);
	if (command)
		ret = pin(dut, dut->reg[DUT_REG(DUT_REG_PIN_IOVA)], dut->reg[DUT_REG(DUT_REG_PIN_COUNT)]);
	else
		unpin(dut);
	mutex_unlock(&dut->pin_lock);
	dut->reg[DUT_REG(DUT_REG_DMA_RESULT)] = (s64)ret;
}

static bool overlaps(const struct dut_pins *pins, u64 iova, u64 length)
{
	return pins->count && pins->iova <= iova + (length - 1) &&
	       iova <= pins->iova + (pins->count * PAGE_SIZE - 1);
}

static bool is_pinned(struct dut *dut, u64 iova, u64 length, bool *held)
{
	bool passing;

	spin_lock(&dut->pin_state);
	*held = overlaps(&dut->held, iova, length);
	passing = overlaps(&dut->passing, iova, length);
	spin_unlock(&dut->pin_state);
	return *held || passing;
}

void dut_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct dut *dut = to_dut(vdev);
	bool held;

	if (!is_pinned(dut, iova, length, &held))
		return;
	if (held)
		queue_work(dut_workqueue, &dut->unpin_work);
	wait_event_timeout(dut->unpinned, !is_pinned(dut, iova, length, &held),
			   msecs_to_jiffies(UNMAP_WAIT_MS));
}
