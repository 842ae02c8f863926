// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one device: made, opened, running, stopped, fresh, closed.
 */
#include <linux/ktime.h>

#include "dut.h"

void dut_run(struct dut *dut)
{
	if (dut->running)
		return;
	dut->running = true;
	dut->started = ktime_get();
	/* A transfer that was under way when the device stopped goes on. */
	if (dut->reg[DUT_REG(DUT_REG_DMA_COMMAND)] & DUT_DMA_START)
		dut_dma_command(dut);
	dut_activity_kick(dut);
}

void dut_halt(struct dut *dut)
{
	if (!dut->running)
		return;
	/* The work items look at `running` under the lock that we hold: nothing is half done, and nothing more will be. */
	dut->reg[DUT_REG(DUT_REG_COUNTER)] = dut_counter(dut);
	dut->running = false;
	dut->halted = ktime_get();
}

/* What a reset and an open give: running, with nothing left of what was before. */
void dut_make_fresh(struct dut *dut)
{
	dut_migration_fresh(dut);
	dut_halt(dut);
	dut_unpin_all(dut);
	dut_registers_fresh(dut);
	dut_config_fresh(dut);
	dut_memory_fill(dut->memory, DUT_SEED_DEFAULT);
	dut_fault_fresh(dut);
	dut_run(dut);
}

int dut_init(struct vfio_device *vdev)
{
	struct dut *dut = to_dut(vdev);

	mutex_init(&dut->lock);
	mutex_init(&dut->pin_lock);
	spin_lock_init(&dut->pin_state);
	init_waitqueue_head(&dut->unpinned);
	INIT_WORK(&dut->unpin_work, dut_unpin_work);
	init_waitqueue_head(&dut->fault_changed);
	INIT_DELAYED_WORK(&dut->dma_work, dut_dma_work);
	INIT_DELAYED_WORK(&dut->activity_work, dut_activity_work);
	INIT_DELAYED_WORK(&dut->late_work, dut_late_work);
	dut->section_size = DUT_SECTION_SIZE_DEFAULT;
	dut->state_size = DUT_STATE_SIZE_DEFAULT;
	dut->strict = true;
	return 0;
}

void dut_release(struct vfio_device *vdev)
{
	struct dut *dut = to_dut(vdev);

	/* Releases what the fault holds, and its hold on the IOMMU driver's probe. */
	dut_fault_switch(dut, FAULT_none);
	dut_memory_free(dut->memory);
	mutex_destroy(&dut->pin_lock);
	mutex_destroy(&dut->lock);
}

int dut_open(struct vfio_device *vdev)
{
	struct dut *dut = to_dut(vdev);
	int ret = 0;

	mutex_lock(&dut->lock);
	ret = dut_fault_before_open(dut);
	if (ret)
		goto out;
	if (!dut->memory || dut->memory->size != dut->state_size) {
		dut_memory_free(dut->memory);
		dut->memory = dut_memory_alloc(dut->state_size);
	}
	if (!dut->memory) {
		ret = -ENOMEM;
		goto out;
	}
	ret = dut_region_alloc(dut);
	if (ret)
		goto out;
	dut->open = true;
	dut->opener = current->mm;
	dut_make_fresh(dut);
	dut_fault_opened(dut);
out:
	mutex_unlock(&dut->lock);
	return ret;
}

void dut_close(struct vfio_device *vdev)
{
	struct dut *dut = to_dut(vdev);

	if (fault_is(dut, hang_on_close_in_mid_iteration) && READ_ONCE(dut->save.ready))
		dut_fault_hang(dut, DUT_HANG);

	mutex_lock(&dut->lock);
	dut_fault_closing(dut);
	dut_halt(dut);
	dut->open = false;
	dut_fault_forget(dut);
	dut_migration_fresh(dut);
	dut_unpin_all(dut);
	dut_release_irqs(dut);
	mutex_unlock(&dut->lock);

	/* They take the lock, and do nothing on a device that is not open. */
	cancel_delayed_work_sync(&dut->dma_work);
	cancel_delayed_work_sync(&dut->activity_work);
	cancel_delayed_work_sync(&dut->late_work);
	cancel_work_sync(&dut->unpin_work);

	mutex_lock(&dut->lock);
	dut_region_free(dut);
	mutex_unlock(&dut->lock);
}
