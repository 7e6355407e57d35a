// SPDX-License-Identifier: GPL-2.0-only
#include "audit/audit.h"
#include "model/result.h"
static void judge(struct audit_run *a) { (void)a; }
const struct audit audit_coverage = { .name = "coverage", .help = "x", .judge = judge };
