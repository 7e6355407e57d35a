// SPDX-License-Identifier: GPL-2.0-only
#include <asm/paca.h>

u64 kvmppc_host_r1(struct paca_struct *paca);

u64 kvmppc_host_r1(struct paca_struct *paca)
{
	return paca->kvm_hstate.host_r1;
}
