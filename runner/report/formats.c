// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include "model/result_json.h"
#include "sys/strbuf.h"

#include <stddef.h>

void report_json(const struct run_result *r, const struct report_style *style,
		 struct strbuf *out)
{
	(void)style;
	run_result_to_json(r, out);
}

const struct report_format report_formats[] = {
	{ "text", NULL, "what a person reads: causes, matrix, where the logs are",
	  report_text },
	{ "tap", "report.tap", "TAP 14: a subtest a patch, a point a cell",
	  report_tap },
	{ "tap13", NULL, "the same for readers that refuse 14 (prove of Debian 12)",
	  report_tap13 },
	{ "json", "results.json", "everything (docs/results.md)", report_json },
	{ 0 },
};
