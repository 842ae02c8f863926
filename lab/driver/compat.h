/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few places where kernels from 6.1 on differ for us.
 */
#ifndef DUT_COMPAT_H
#define DUT_COMPAT_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/version.h>
#include <linux/vfio.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

static inline struct class *dut_class_create(const char *name)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

static inline void dut_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* A mediated device's way into iommufd, where the kernel has one. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define DUT_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas, \
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define DUT_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define DUT_IOMMUFD_OPS
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define dut_bin_attribute const struct bin_attribute
#else
#define dut_bin_attribute struct bin_attribute
#endif

#endif
