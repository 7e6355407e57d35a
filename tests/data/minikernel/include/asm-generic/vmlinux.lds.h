/* SPDX-License-Identifier: GPL-2.0-only */
/* The linker script of all architectures. */
ENTRY(start_kernel)
SECTIONS
{
	. = 0x100000;
	_stext = .;
	.text : { *(.text .text.*) }
	.init.text : { _sinittext = .; *(.init.text) _einittext = .; }
	.rodata : { *(.rodata .rodata.*) }
	.data : { *(.data .data.*) *(.toc .got) }
	.bss : { *(.bss .bss.*) }
	_end = .;
	/DISCARD/ : { *(.exit.text) *(.discard.*) *(.export_symbol) *(.modinfo) }
}
