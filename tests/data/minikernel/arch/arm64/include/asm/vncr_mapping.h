/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ARM64_VNCR_MAPPING_H__
#define __ARM64_VNCR_MAPPING_H__

#define VNCR_VTTBR_EL2 0x020

#endif
