// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes to the user's memory that the IOMMU driver never hears of. A vendor
 * driver that makes this mistake holds on to a translation of its own; the
 * kernel gives us none that does not mark the page. So, while such a fault is
 * on, a probe looks at what is mapped and unmapped, and the write goes to the
 * memory behind the mapping directly.
 */
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dut.h"

#define SMALL_WRITE 64
#define MAPPINGS_MAX 4096

bool dut_fault_hides_pages(enum dut_fault fault)
{
	switch (fault) {
	case FAULT_dirty_missing_last_page_of_word:
	case FAULT_dirty_missing_end_of_crossing_write:
	case FAULT_dirty_missing_small_writes:
	case FAULT_dirty_missing_first_page_of_mapping:
	case FAULT_dirty_missing_in_pre_copy:
	case FAULT_dirty_missing_second_mapping_of_write:
		return true;
	default:
		return false;
	}
}

#if IS_ENABLED(CONFIG_KRETPROBES) && IS_ENABLED(CONFIG_X86_64)

struct mapping {
	struct list_head list;
	struct mm_struct *mm;
	u64 iova, size;
	u64 vaddr;
};

/* What a call of the IOMMU driver's ioctl was about, from its entry to its return. */
struct call {
	unsigned int command;
	u64 iova, size, vaddr;
};

static LIST_HEAD(mappings);
static unsigned int nr_mappings;
static DEFINE_SPINLOCK(mappings_lock);
static DEFINE_MUTEX(watch_lock);
static unsigned int watchers;

static void forget_range(struct mm_struct *mm, u64 iova, u64 size)
{
	struct mapping *mapping, *next;

	list_for_each_entry_safe(mapping, next, &mappings, list) {
		if (mm && (mapping->mm != mm || iova > mapping->iova + (mapping->size - 1) ||
			   mapping->iova > iova + (size - 1)))
			continue;
		list_del(&mapping->list);
		nr_mappings--;
		mmdrop(mapping->mm);
		kfree(mapping);
	}
}

/* (iommu_data, command, argument): in registers, in this order. */
static int on_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	const void __user *argument = (void __user *)regs->dx;
	struct vfio_iommu_type1_dma_unmap unmap;
	struct vfio_iommu_type1_dma_map map;

	call->command = regs->si;
	if (call->command == VFIO_IOMMU_MAP_DMA) {
		if (!current->mm || copy_from_user_nofault(&map, argument, sizeof(map)) || !map.size)
			return 1;
		call->iova = map.iova;
		call->size = map.size;
		call->vaddr = map.vaddr;
		return 0;
	}
	if (call->command == VFIO_IOMMU_UNMAP_DMA) {
		if (!current->mm ||
		    copy_from_user_nofault(&unmap, argument, offsetofend(struct vfio_iommu_type1_dma_unmap, size)))
			return 1;
		call->iova = unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL ? 0 : unmap.iova;
		call->size = unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL ? 0 : unmap.size;
		return 0;
	}
	return 1;
}

static int on_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct call *call = (struct call *)instance->data;
	struct mapping *mapping = NULL;
	unsigned long flags;

	if (regs_return_value(regs) || !current->mm)
		return 0;
	if (call->command == VFIO_IOMMU_MAP_DMA) {
		mapping = kzalloc(sizeof(*mapping), GFP_ATOMIC);
		if (!mapping)
			return 0;
		mapping->mm = current->mm;
		mapping->iova = call->iova;
		mapping->size = call->size;
		mapping->vaddr = call->vaddr;
	}
	spin_lock_irqsave(&mappings_lock, flags);
	forget_range(current->mm, call->iova, call->size);
	if (mapping && nr_mappings < MAPPINGS_MAX) {
		mmgrab(mapping->mm);
		list_add(&mapping->list, &mappings);
		nr_mappings++;
		mapping = NULL;
	}
	spin_unlock_irqrestore(&mappings_lock, flags);
	kfree(mapping);
	return 0;
}

static struct kretprobe probe;

void dut_fault_watch_mappings(bool on)
{
	unsigned long flags;
	int ret;

	mutex_lock(&watch_lock);
	if (on && !watchers++) {
		memset(&probe, 0, sizeof(probe));
		probe.kp.symbol_name = "vfio_iommu_type1_ioctl";
		probe.entry_handler = on_entry;
		probe.handler = on_return;
		probe.data_size = sizeof(struct call);
		probe.maxactive = 16;
		ret = register_kretprobe(&probe);
		if (ret) {
			pr_notice(DUT_NAME ": no probe on the IOMMU driver (%d): every page is reported\n", ret);
			watchers--;
		}
	} else if (!on && watchers && !--watchers) {
		unregister_kretprobe(&probe);
		spin_lock_irqsave(&mappings_lock, flags);
		forget_range(NULL, 0, 0);
		spin_unlock_irqrestore(&mappings_lock, flags);
	}
	mutex_unlock(&watch_lock);
}

/*
 * The mapping that holds these bytes, in the process that has the device open:
 * another one may use the same addresses. Its mm is the caller's to put.
 */
static bool find_mapping(const struct dut *dut, u64 iova, size_t count, struct mapping *found)
{
	struct mapping *mapping;
	unsigned long flags;
	bool is = false;

	spin_lock_irqsave(&mappings_lock, flags);
	list_for_each_entry(mapping, &mappings, list) {
		if (mapping->mm != dut->opener || iova < mapping->iova || iova - mapping->iova > mapping->size ||
		    count > mapping->size - (iova - mapping->iova))
			continue;
		if (!mmget_not_zero(mapping->mm))
			continue;
		*found = *mapping;
		is = true;
		break;
	}
	spin_unlock_irqrestore(&mappings_lock, flags);
	return is;
}

static bool is_hidden(struct dut *dut, const struct mapping *mapping, u64 iova)
{
	switch (dut->fault) {
	case FAULT_dirty_missing_last_page_of_word:
		return ((iova - mapping->iova) >> PAGE_SHIFT) % 64 == 63;
	case FAULT_dirty_missing_end_of_crossing_write:
		return iova >> PAGE_SHIFT != dut->write_iova >> PAGE_SHIFT;
	case FAULT_dirty_missing_small_writes:
		return dut->write_count < SMALL_WRITE;
	case FAULT_dirty_missing_first_page_of_mapping:
		return (iova - mapping->iova) >> PAGE_SHIFT == 0;
	case FAULT_dirty_missing_in_pre_copy:
		return dut->device_state == MIG_PRE_COPY;
	case FAULT_dirty_missing_second_mapping_of_write:
		return dut->write_iova < mapping->iova;
	default:
		return false;
	}
}

static int write_hidden(const struct mapping *mapping, u64 iova, const void *from, size_t count)
{
	unsigned long left;

	kthread_use_mm(mapping->mm);
	left = copy_to_user((void __user *)(mapping->vaddr + (iova - mapping->iova)), from, count);
	kthread_unuse_mm(mapping->mm);
	return left ? -EFAULT : 0;
}

/* Within one page; what is not to be hidden, or not known, goes the right way. */
static int write_page(struct dut *dut, u64 iova, const void *from, size_t count)
{
	struct mapping mapping;
	bool hidden;
	int ret;

	if (!find_mapping(dut, iova, count, &mapping))
		return vfio_dma_rw(&dut->vdev, iova, (void *)from, count, true);
	hidden = is_hidden(dut, &mapping, iova);
	if (hidden)
		ret = write_hidden(&mapping, iova, from, count);
	else
		ret = vfio_dma_rw(&dut->vdev, iova, (void *)from, count, true);
	mmput(mapping.mm);
	return ret;
}

bool dut_fault_dma_write(struct dut *dut, u64 iova, const void *from, size_t count, int *ret)
{
	size_t part;

	/* Only a kernel thread may take on another's memory. */
	if (!dut_fault_hides_pages(dut->fault) || current->mm)
		return false;
	for (*ret = 0; count && !*ret; count -= part, from += part, iova += part) {
		part = min_t(size_t, count, PAGE_SIZE - offset_in_page(iova));
		*ret = write_page(dut, iova, from, part);
	}
	return true;
}

#else

void dut_fault_watch_mappings(bool on)
{
}

bool dut_fault_dma_write(struct dut *dut, u64 iova, const void *from, size_t count, int *ret)
{
	return false;
}

#endif
