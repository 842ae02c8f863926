// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/bus/mdev/devices/UUID/dut/: the settings of one device, which change
 * only while it is closed, its fault switch, and a look inside for the lab.
 */
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "dut.h"

static struct dut *from_device(struct device *dev)
{
	return dev_get_drvdata(dev);
}

/* Takes the lock for a change of settings, or says why there can be none now. */
static int settle(struct dut *dut)
{
	mutex_lock(&dut->lock);
	if (!dut->open)
		return 0;
	mutex_unlock(&dut->lock);
	return -EBUSY;
}

static ssize_t layout_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", dut_layout_names[from_device(dev)->layout]);
}

static ssize_t layout_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct dut *dut = from_device(dev);
	int layout = sysfs_match_string(dut_layout_names, buf);
	int ret;

	if (layout < 0)
		return layout;
	ret = settle(dut);
	if (ret)
		return ret;
	dut->layout = layout;
	mutex_unlock(&dut->lock);
	return count;
}
static DEVICE_ATTR_RW(layout);

static ssize_t section_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", from_device(dev)->section_size);
}

static ssize_t section_size_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct dut *dut = from_device(dev);
	u32 size;
	int ret = kstrtou32(buf, 0, &size);

	if (ret)
		return ret;
	if (size < DUT_SECTION_SIZE_MIN || size > DUT_SECTION_SIZE_MAX || !PAGE_ALIGNED(size))
		return -EINVAL;
	ret = settle(dut);
	if (ret)
		return ret;
	dut->section_size = size;
	mutex_unlock(&dut->lock);
	return count;
}
static DEVICE_ATTR_RW(section_size);

static ssize_t state_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", from_device(dev)->state_size);
}

static ssize_t state_size_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct dut *dut = from_device(dev);
	u64 size;
	int ret = kstrtou64(buf, 0, &size);

	if (ret)
		return ret;
	if (size > DUT_STATE_SIZE_MAX)
		return -EINVAL;
	ret = settle(dut);
	if (ret)
		return ret;
	dut->state_size = size;
	mutex_unlock(&dut->lock);
	return count;
}
static DEVICE_ATTR_RW(state_size);

static ssize_t zpci_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", from_device(dev)->zpci);
}

static ssize_t zpci_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct dut *dut = from_device(dev);
	unsigned int version;
	int ret = kstrtouint(buf, 0, &version);

	if (ret)
		return ret;
	if (version > 2)
		return -EINVAL;
	ret = settle(dut);
	if (ret)
		return ret;
	dut->zpci = version;
	mutex_unlock(&dut->lock);
	return count;
}
static DEVICE_ATTR_RW(zpci);

static ssize_t strict_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", from_device(dev)->strict);
}

static ssize_t strict_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct dut *dut = from_device(dev);
	bool strict;
	int ret = kstrtobool(buf, &strict) ?: settle(dut);

	if (ret)
		return ret;
	dut->strict = strict;
	mutex_unlock(&dut->lock);
	return count;
}
static DEVICE_ATTR_RW(strict);

/* Of the device as it is, or as it was when it was last closed. */
static ssize_t fingerprint_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dut *dut = from_device(dev);
	u64 value = 0;

	mutex_lock(&dut->lock);
	if (dut->memory)
		value = dut_fingerprint(dut);
	mutex_unlock(&dut->lock);
	return sysfs_emit(buf, "%016llx\n", value);
}
static DEVICE_ATTR_RO(fingerprint);

static ssize_t state_hash_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dut *dut = from_device(dev);
	u64 value = 0;

	mutex_lock(&dut->lock);
	if (dut->memory)
		value = dut_memory_hash(dut->memory);
	mutex_unlock(&dut->lock);
	return sysfs_emit(buf, "%016llx\n", value);
}
static DEVICE_ATTR_RO(state_hash);

static ssize_t device_state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dut *dut = from_device(dev);
	ssize_t done;

	mutex_lock(&dut->lock);
	if (dut->open)
		done = sysfs_emit(buf, "%u%u%ub\n", dut->device_state >> 2 & 1, dut->device_state >> 1 & 1,
				  dut->device_state & 1);
	else
		done = sysfs_emit(buf, "closed\n");
	mutex_unlock(&dut->lock);
	return done;
}
static DEVICE_ATTR_RO(device_state);

static ssize_t fault_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	char name[DUT_FAULT_NAME];

	return sysfs_emit(buf, "%s\n", dut_fault_name(READ_ONCE(from_device(dev)->fault), name));
}

static ssize_t fault_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	int fault = dut_fault_find(buf);

	if (fault < 0)
		return fault;
	dut_fault_switch(from_device(dev), fault);
	return count;
}
static DEVICE_ATTR_RW(fault);

/* All of them, a line each: more than one page, so it is a binary attribute. */
static ssize_t faults_read(struct file *file, struct kobject *kobj, dut_bin_attribute *attr, char *buf,
			   loff_t offset, size_t count)
{
	char line[512];
	size_t done = 0;
	loff_t at = 0;
	unsigned int fault;
	int length, from, part;

	for (fault = 0; done < count; fault++, at += length) {
		length = dut_fault_line(fault, line, sizeof(line));
		if (!length)
			break;
		if (at + length <= offset)
			continue;
		from = offset > at ? offset - at : 0;
		part = min_t(size_t, length - from, count - done);
		memcpy(buf + done, line + from, part);
		done += part;
	}
	return done;
}
static BIN_ATTR_RO(faults, 0);

static dut_bin_attribute *dut_bin_attributes[] = {
	&bin_attr_faults,
	NULL,
};

static struct attribute *dut_attributes[] = {
	&dev_attr_layout.attr,
	&dev_attr_section_size.attr,
	&dev_attr_state_size.attr,
	&dev_attr_zpci.attr,
	&dev_attr_strict.attr,
	&dev_attr_fingerprint.attr,
	&dev_attr_state_hash.attr,
	&dev_attr_device_state.attr,
	&dev_attr_fault.attr,
	NULL,
};

static const struct attribute_group dut_group = {
	.name = "dut",
	.attrs = dut_attributes,
	.bin_attrs = dut_bin_attributes,
};

const struct attribute_group *dut_device_groups[] = {
	&dut_group,
	NULL,
};
