// SPDX-License-Identifier: GPL-2.0-only
/*
 * 256 bytes of PCI config space: BAR 0, one MSI vector, no INTx pin.
 */
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "dut.h"

#define VENDOR 0x1234
#define DEVICE 0x5643
#define MSI 0x40	/* where the MSI capability stands */

/* Bits that a write can change; what is not listed is read-only. */
static u8 writable(u32 offset)
{
	switch (offset) {
	case PCI_COMMAND:
		return PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	case PCI_COMMAND + 1:
		return PCI_COMMAND_INTX_DISABLE >> 8;
	case PCI_INTERRUPT_LINE:
	case PCI_CACHE_LINE_SIZE:
	case PCI_LATENCY_TIMER:
		return 0xff;
	case PCI_BASE_ADDRESS_0 + 1:
		return 0xff & ~((DUT_BAR0_SIZE - 1) >> 8);
	case PCI_BASE_ADDRESS_0 + 2 ... PCI_BASE_ADDRESS_0 + 3:
		return 0xff;
	case MSI + PCI_MSI_FLAGS:
		return PCI_MSI_FLAGS_ENABLE;
	case MSI + PCI_MSI_ADDRESS_LO:
		return 0xfc;
	case MSI + PCI_MSI_ADDRESS_LO + 1 ... MSI + PCI_MSI_DATA_64 + 1:
		return 0xff;
	default:
		return 0;
	}
}

void dut_config_fresh(struct dut *dut)
{
	u8 *config = dut->config;

	memset(config, 0, DUT_CONFIG_SIZE);
	put_unaligned_le16(VENDOR, config + PCI_VENDOR_ID);
	put_unaligned_le16(DEVICE, config + PCI_DEVICE_ID);
	put_unaligned_le16(PCI_STATUS_CAP_LIST, config + PCI_STATUS);
	config[PCI_REVISION_ID] = 1;
	config[PCI_CLASS_DEVICE + 1] = 0xff;	/* fits no class */
	config[PCI_BASE_ADDRESS_0] = PCI_BASE_ADDRESS_MEM_TYPE_32;
	put_unaligned_le16(VENDOR, config + PCI_SUBSYSTEM_VENDOR_ID);
	put_unaligned_le16(DEVICE, config + PCI_SUBSYSTEM_ID);
	config[PCI_CAPABILITY_LIST] = MSI;
	config[MSI + PCI_CAP_LIST_ID] = PCI_CAP_ID_MSI;
	put_unaligned_le16(PCI_MSI_FLAGS_64BIT, config + MSI + PCI_MSI_FLAGS);
}

void dut_config_read(struct dut *dut, u8 *into, u32 offset, u32 count)
{
	memcpy(into, dut->config + offset, count);
}

void dut_config_write(struct dut *dut, const u8 *from, u32 offset, u32 count)
{
	u8 mask;

	for (; count; count--, offset++, from++) {
		mask = writable(offset);
		dut->config[offset] = (dut->config[offset] & ~mask) | (*from & mask);
	}
}
