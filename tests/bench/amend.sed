# SPDX-License-Identifier: GPL-2.0-only
# What the developer changes in patch 8 for row f: the cheaper test first. One
# line of a header of x86; the number of lines stays, and so do the hunks.
s/^+	return vcpu_match_mmio_gen(vcpu) && vcpu->arch.mmio_gva &&$/+	return vcpu->arch.mmio_gva \&\& vcpu_match_mmio_gen(vcpu) \&\&/
