// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mediated device that keeps the VFIO migration interface, version 1, to the
 * letter, and can be told to break one clause of it. It is what a conformance
 * kit is tried on, and of no other use.
 *
 * This file: the module, the parent device, creation and removal.
 */
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "dut.h"

#define DUT_MAX_INSTANCES 16

struct workqueue_struct *dut_workqueue;

static struct class *dut_class;
static struct device *dut_parent_device;
static struct mdev_parent dut_parent;

static struct mdev_type dut_type = {
	.sysfs_name = "dut",
	.pretty_name = "VFIO conformance device under test",
};

static struct mdev_type *dut_types[] = { &dut_type };

static int dut_probe(struct mdev_device *mdev)
{
	struct dut *dut = vfio_alloc_device(dut, vdev, &mdev->dev, &dut_vfio_ops);
	int ret;

	if (IS_ERR(dut))
		return PTR_ERR(dut);

	dev_set_drvdata(&mdev->dev, dut);
	ret = vfio_register_emulated_iommu_dev(&dut->vdev);
	if (ret) {
		dev_set_drvdata(&mdev->dev, NULL);
		vfio_put_device(&dut->vdev);
	}
	return ret;
}

static void dut_remove(struct mdev_device *mdev)
{
	struct dut *dut = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&dut->vdev);
	vfio_put_device(&dut->vdev);
}

static struct mdev_driver dut_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = DUT_MAX_INSTANCES,
	.driver = {
		.name = DUT_NAME,
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = dut_device_groups,
	},
	.probe = dut_probe,
	.remove = dut_remove,
};

static int __init dut_module_init(void)
{
	int ret;

	dut_workqueue = alloc_workqueue(DUT_NAME, WQ_UNBOUND, 0);
	if (!dut_workqueue)
		return -ENOMEM;

	ret = mdev_register_driver(&dut_driver);
	if (ret)
		goto no_driver;

	dut_class = dut_class_create(DUT_NAME);
	if (IS_ERR(dut_class)) {
		ret = PTR_ERR(dut_class);
		goto no_class;
	}

	dut_parent_device = device_create(dut_class, NULL, MKDEV(0, 0), NULL, DUT_NAME);
	if (IS_ERR(dut_parent_device)) {
		ret = PTR_ERR(dut_parent_device);
		goto no_device;
	}

	ret = mdev_register_parent(&dut_parent, dut_parent_device, &dut_driver, dut_types,
				   ARRAY_SIZE(dut_types));
	if (ret)
		goto no_parent;
	return 0;

no_parent:
	device_unregister(dut_parent_device);
no_device:
	class_destroy(dut_class);
no_class:
	mdev_unregister_driver(&dut_driver);
no_driver:
	destroy_workqueue(dut_workqueue);
	return ret;
}

static void __exit dut_module_exit(void)
{
	mdev_unregister_parent(&dut_parent);
	device_unregister(dut_parent_device);
	class_destroy(dut_class);
	mdev_unregister_driver(&dut_driver);
	destroy_workqueue(dut_workqueue);
}

module_init(dut_module_init);
module_exit(dut_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A VFIO migration device that keeps every clause, or breaks the one you name");
MODULE_AUTHOR("The vfio-conformance project");
MODULE_VERSION("1.0");
