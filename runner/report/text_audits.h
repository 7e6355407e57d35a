/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMATRIX_REPORT_TEXT_AUDITS_H
#define KVMATRIX_REPORT_TEXT_AUDITS_H

struct report_style;
struct run_result;
struct strbuf;

/* What the audits found, for the text report. */
void text_audits(struct strbuf *out, const struct run_result *r,
		 const struct report_style *st);

#endif
