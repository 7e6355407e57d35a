/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one door to jansson: files that need JSON include this, and no other
 * file of the house includes <jansson.h>.
 */
#ifndef KVMATRIX_SYS_JSON_H
#define KVMATRIX_SYS_JSON_H

#include <jansson.h>

#endif
