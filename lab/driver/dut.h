/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device under test: a mediated VFIO device with a version 1 migration
 * region, made to be certified. One struct dut is one mdev.
 */
#ifndef DUT_H
#define DUT_H

#include <linux/bits.h>
#include <linux/eventfd.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "faults.h"
#include "memory.h"
#include "migration.h"
#include "registers.h"

#define DUT_NAME "vfio-conformance"

/* Regions lie where vfio-pci puts them: the index in the bits above 40. */
#define DUT_OFFSET_SHIFT 40
#define DUT_OFFSET(index) ((u64)(index) << DUT_OFFSET_SHIFT)
#define DUT_OFFSET_MASK (BIT_ULL(DUT_OFFSET_SHIFT) - 1)

#define DUT_NUM_REGIONS (VFIO_PCI_NUM_REGIONS + 1)
/* A region that only a fault or a variation shows. */
#define DUT_VENDOR_REGION_SIZE 64

#define DUT_CONFIG_SIZE 256

#define DUT_STATE_SIZE_DEFAULT SZ_16K
#define DUT_STATE_SIZE_MAX SZ_256M
#define DUT_SECTION_SIZE_DEFAULT SZ_64K
#define DUT_SECTION_SIZE_MIN SZ_8K
#define DUT_SECTION_SIZE_MAX SZ_4M

enum dut_layout {
	DUT_TRAPPED,
	DUT_MMAPPED,
	DUT_PARTITIONED,
	DUT_NR_LAYOUTS
};

extern const char *const dut_layout_names[DUT_NR_LAYOUTS];

/* A part of the data section that one buffer fits into. */
struct dut_area {
	u32 offset;
	u32 size;
	bool mapped;
};

#define DUT_MAX_AREAS 3

struct dut_pins {
	u64 iova;
	u64 count;	/* pages */
};

struct dut {
	struct vfio_device vdev;

	/*
	 * Guards everything below but what says otherwise. Never held over a
	 * copy to or from the caller's memory: mmap_lock nests outside of it.
	 * The order is lock, pin_lock, the kernel's own IOMMU lock.
	 */
	struct mutex lock;
	bool open;
	const struct mm_struct *opener;	/* whose memory is meant; only compared */

	/* Settings; they change only while the device is closed. */
	enum dut_layout layout;
	u32 section_size;
	u64 state_size;
	unsigned int zpci;	/* version of the zPCI capabilities, 0: none */
	bool strict;		/* refuses a damaged stream */

	/* The migration region's memory and shape: constant while open. */
	u8 *region;
	u32 region_size;
	struct dut_area areas[DUT_MAX_AREAS];
	unsigned int nr_areas;

	/* The fault or variation that is switched on; see faults.h. */
	enum dut_fault fault;
	struct dut_trip trip;
	wait_queue_head_t fault_changed;
	enum dut_late late;
	u32 late_state;		/* device_state when it was asked for */
	struct dut_resume late_resume;
	int late_result;
	ktime_t fresh_since;
	struct dut_memory *old_memory;
	u64 frozen_reg[DUT_NR_REGISTERS];
	u8 *decoy;		/* as large as region */
	u8 vendor_region[DUT_VENDOR_REGION_SIZE];

	/* The device proper. */
	u8 config[DUT_CONFIG_SIZE];
	u64 reg[DUT_NR_REGISTERS];
	u8 dma_buffer[DUT_DMA_BUFFER_SIZE];
	struct dut_memory *memory;
	bool running;
	ktime_t started;	/* when the counter last began to tick */
	ktime_t halted;

	struct eventfd_ctx *msi;
	struct eventfd_ctx *request;

	/* Migration. */
	u32 device_state;	/* VFIO_DEVICE_STATE_* of version 1, 3 bits */
	u32 reserved_bits;	/* what bits 3 to 31 of device_state read as */
	struct dut_save save;
	struct dut_resume resume;

	/* The write that is being made, whole, however many calls it takes. */
	u64 write_iova;
	u64 write_count;

	struct delayed_work dma_work;
	struct delayed_work activity_work;
	struct delayed_work late_work;

	/* Pinned pages; see pins.c. pin_state guards the two ranges and is innermost. */
	struct mutex pin_lock;
	spinlock_t pin_state;
	struct dut_pins held;		/* stay pinned */
	struct dut_pins passing;	/* pinned for one copy */
	unsigned int nr_pinned;		/* of held, so far */
	wait_queue_head_t unpinned;
	struct work_struct unpin_work;
};

/* Users find the region by its type, not by its index. */
static inline unsigned int dut_migration_index(const struct dut *dut)
{
	return VFIO_PCI_NUM_REGIONS + fault_is(dut, vendor_region_first);
}

static inline struct dut *to_dut(struct vfio_device *vdev)
{
	return container_of(vdev, struct dut, vdev);
}

extern struct workqueue_struct *dut_workqueue;

/* device.c */
int dut_init(struct vfio_device *vdev);
void dut_release(struct vfio_device *vdev);
int dut_open(struct vfio_device *vdev);
void dut_close(struct vfio_device *vdev);
void dut_make_fresh(struct dut *dut);
void dut_run(struct dut *dut);
void dut_halt(struct dut *dut);

/* vfio_ops.c */
extern const struct vfio_device_ops dut_vfio_ops;

/* info.c */
unsigned int dut_num_regions(const struct dut *dut);
long dut_get_info(struct dut *dut, void __user *arg);
long dut_get_region_info(struct dut *dut, void __user *arg);

/* zpci.c */
int dut_add_zpci_capabilities(struct dut *dut, struct vfio_info_cap *caps);

/* irq.c */
unsigned int dut_num_irqs(const struct dut *dut);
long dut_get_irq_info(struct dut *dut, void __user *arg);
long dut_set_irqs(struct dut *dut, void __user *arg);
void dut_raise_msi(struct dut *dut);
void dut_release_irqs(struct dut *dut);

/* config_space.c */
void dut_config_fresh(struct dut *dut);
void dut_config_read(struct dut *dut, u8 *into, u32 offset, u32 count);
void dut_config_write(struct dut *dut, const u8 *from, u32 offset, u32 count);

/* dma.c */
void dut_dma_command(struct dut *dut);
void dut_dma_work(struct work_struct *work);
/* Makes the transfer that is under way, now. */
void dut_dma_finish(struct dut *dut);
/* The transfer that is under way, or the last one again, on a stopped device. */
void dut_dma_late(struct dut *dut);
int dut_dma_write(struct dut *dut, u64 iova, void *from, size_t count);

/* pins.c */
int dut_pinned_copy(struct dut *dut, u64 iova, void *data, size_t count, bool write);
void dut_pin_command(struct dut *dut, u64 command);
void dut_unpin_all(struct dut *dut);
void dut_unpin_work(struct work_struct *work);
void dut_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length);

/* activity.c */
void dut_activity_work(struct work_struct *work);
void dut_activity_kick(struct dut *dut);

/* sysfs.c */
extern const struct attribute_group *dut_device_groups[];

#endif
