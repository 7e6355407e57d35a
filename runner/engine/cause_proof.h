/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a proof (engine/proof.h) makes of a topic. A message tells what is
 * missing, a proof by which change; the change is the mistake. So the same
 * thing missing for two reasons becomes two topics, and many things missing for
 * one reason become one.
 */
#ifndef KVMATRIX_ENGINE_CAUSE_PROOF_H
#define KVMATRIX_ENGINE_CAUSE_PROOF_H

#include "engine/cause_kind.h"

/* srcarch: of the cell. */
void cause_topic_prove(struct cause_topic *t, const struct proof *f,
		       const char *srcarch);
/* arch/X/kvm/ and virt/kvm/: may a unit see KVM's internals? */
bool cause_is_kvm(const char *path);

/* asm/kvm_mmu.h, linux/kvm_host.h, kvm/arm_vgic.h */
bool cause_is_kvm_header(const char *path);

#endif
