#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Judges the judge: differential-parse on a log with every kind of failure, and
# differential-compare on a faked run, true and falsified in one place at a time.

use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $here = dirname(__FILE__);
my $top = tempdir(CLEANUP => 1);
my ($src, $obj, $run) = map { "$top/$_" } qw(src obj run);
my $cell = 's390/default/gcc';
make_path("$src/arch/s390/kvm", "$src/virt/kvm", $obj, "$run/truth",
	  "$top/good", "$top/bad");

sub spew {
	my ($path, $text) = @_;
	open my $file, '>', $path or die "$path: $!";
	print $file $text;
	close $file or die "$path: $!";
}

sub slurp {
	my ($path) = @_;
	open my $file, '<', $path or die "$path: $!";
	local $/;
	return <$file> // '';
}

sub parse {
	spew("$top/log", $_[0]);
	return system($^X, "$here/differential-parse", '--src', $src, '--obj',
		      $obj, '--failed', "$top/bad/failed", '--errors',
		      "$top/bad/errors", "$top/log") >> 8;
}

is(parse(<<"E"), 0, 'a log of failures is understood');
make[1]: Entering directory '$obj'
  CC [M]  arch/s390/kvm/../../../virt/kvm/kvm_main.o
$src/arch/s390/kvm/../../../virt/kvm/kvm_main.c: In function 'f':
$src/arch/s390/kvm/../../../virt/kvm/kvm_main.c:12:3: error: implicit declaration of function 'g' [-Werror=implicit-function-declaration]
./arch/s390/include/generated/asm/x.h:7:9: fatal error: asm/nope.h: No such file or directory
$src/a.c:3:1: warning: error: not one [-Wfoo]
make[4]: *** [$src/scripts/Makefile.build:229: arch/s390/kvm/../../../virt/kvm/kvm_main.o] Error 1
$src/arch/s390/kvm/x.S: Assembler messages:
$src/arch/s390/kvm/x.S:41: Error: junk at end of line
make[4]: *** [$src/scripts/Makefile.build:400: arch/s390/kvm/x.o] Error 1
make[4]: *** No rule to make target 'arch/s390/kvm/s390/../../../virt/kvm/eventfd.o', needed by 'arch/s390/kvm/s390/kvm.o'.
$src/arch/s390/kvm/Makefile:5: *** the path is gone.  Stop.
make[3]: *** [$src/scripts/Makefile.build:478: arch/s390/kvm] Error 2
make[2]: *** [$src/Makefile:1945: .] Error 2
make[1]: *** [$src/Makefile:224: __sub-make] Error 2
E
is(slurp("$top/bad/failed"),
   "arch/s390/kvm/x.o\narch/virt/kvm/eventfd.o\nvirt/kvm/kvm_main.o\n",
   'failing units are files, without the directories above them');
is(slurp("$top/bad/errors"), join("\n",
   "as\tarch/s390/kvm/x.S:41\tjunk at end of line",
   "cc\tarch/s390/include/generated/asm/x.h:7\tasm/nope.h: No such file or directory",
   "cc\tvirt/kvm/kvm_main.c:12\timplicit declaration of function 'g'",
   "make\tarch/s390/kvm/Makefile:5\tthe path is gone", ''),
   'errors have relative names, warnings are none');

rename "$top/bad/$_", "$top/keep-$_" for qw(failed errors);
for my $fault ('gcc: fatal error: Killed signal terminated program cc1',
	       'a.c:1:1: internal compiler error: Segmentation fault',
	       'cc1: error: writing x.o: No space left on device',
	       'make[3]: *** [Makefile:1: x.o] Error 127') {
	open my $stderr, '>&', \*STDERR or die;
	open STDERR, '>', '/dev/null' or die;
	my $status = parse("$fault\n");
	open STDERR, '>&', $stderr or die;
	is($status, 3, "proves nothing: $fault");
}
rename "$top/keep-$_", "$top/bad/$_" for qw(failed errors);

spew("$top/good/$_", '') for qw(failed errors);
spew("$top/good/exit", "0\n");
spew("$top/bad/exit", "2\n");
spew("$run/truth/index", "0\tT0\t$cell\t$top/good\n1\tT1\t$cell\t$top/bad\n" .
     "2\tnot-applied\t-\t-\n");

sub diagnostic {
	my ($file, $line, $message, %more) = @_;
	return { patch => 1, cell => $cell, unit => 'x.o', file => $file,
		 line => $line, message => $message, severity => 'error',
		 tool => 'cc', replayed => JSON::PP::false, status => 'new',
		 %more };
}

sub step {
	my ($patch, $verdict, $failed, $replayed) = @_;
	return { patch => $patch, cell => $cell, verdict => $verdict,
		 failed_units => $failed // [],
		 failed_replayed => $replayed // [] };
}

sub true_results {
	return {
		cells => [{ id => $cell, same_as => undef }],
		patches => [{ index => 0, tree => 'T0' },
			    { index => 1, tree => 'T1' },
			    { index => 2, tree => undef }],
		steps => [step(0, 'ok'),
			  step(1, 'regressed',
			       ['arch/s390/kvm/x.o', 'virt/kvm/kvm_main.o',
				'arch/virt/kvm/eventfd.o', 'r.o'], ['r.o']),
			  step(2, 'not-applied')],
		diagnostics => [
			diagnostic('virt/kvm/kvm_main.c', 12, "implicit " .
				   "declaration of function \x{2018}g\x{2019}"),
			diagnostic('arch/s390/include/generated/asm/x.h', 7,
				   'asm/nope.h: No such file or directory'),
			diagnostic('arch/s390/kvm/x.S', 41,
				   'junk at end of line', tool => 'as'),
			diagnostic('arch/s390/kvm/Makefile', 5,
				   'the path is gone', tool => 'make'),
			diagnostic('r.c', 1, 'x', replayed => JSON::PP::true),
			diagnostic('gone.c', 1, 'x', status => 'fixed'),
		],
	};
}

# Exit status and output of the comparison after one lie.
sub compare {
	my ($lie) = @_;
	my $results = true_results();
	$lie->($results) if $lie;
	spew("$run/results.json", JSON::PP->new->ascii->encode($results));
	my $said = qx($^X $here/differential-compare $run);
	return ($? >> 8, $said);
}

sub compares_to {
	my ($want, $pattern, $title, $lie) = @_;
	my ($status, $said) = compare($lie);
	is($status, $want, $title);
	like($said, $pattern, "$title: said");
}

compares_to(0, qr/^3 steps compared, 0 different/m, 'a true account agrees');
compares_to(1, qr/make only, failing unit: arch.s390.kvm.x\.o/,
	    'a unit less is told',
	    sub { shift @{$_[0]{steps}[1]{failed_units}} });
compares_to(1, qr/kvmatrix only, failing unit: y\.o/, 'a unit more is told',
	    sub { push @{$_[0]{steps}[1]{failed_units}}, 'y.o' });
compares_to(1, qr/kvmatrix only, failing unit: z\.o/,
	    'a failure in a good state is told',
	    sub { push @{$_[0]{steps}[0]{failed_units}}, 'z.o' });
compares_to(1, qr/make only, error: .*junk at end/, 'another message is told',
	    sub { $_[0]{diagnostics}[2]{message} = 'other' });
compares_to(1, qr/make only, error: .*kvm_main\.c:12/, 'another line is told',
	    sub { $_[0]{diagnostics}[0]{line} = 13 });
compares_to(1, qr/make only, makefile error/, 'a lost makefile error is told',
	    sub { splice @{$_[0]{diagnostics}}, 3, 1 });
compares_to(1, qr/the verdict is ok/, 'ok for a failed make is told',
	    sub { $_[0]{steps}[1]{verdict} = 'ok' });
compares_to(1, qr/judged tree TX/, 'another tree is told',
	    sub { $_[0]{patches}[1]{tree} = 'TX' });
compares_to(1, qr/git am: does not apply/,
	    'a verdict on a patch that does not apply is told',
	    sub { $_[0]{steps}[2]{verdict} = 'ok' });
compares_to(3, qr/did not judge it/, 'an error is no agreement',
	    sub { $_[0]{steps}[0]{verdict} = 'error' });
compares_to(3, qr/did not judge it/, 'a missing step is no agreement',
	    sub { splice @{$_[0]{steps}}, 1, 1 });

# An option that is lost: make is content, and its .config is the witness.
sub loses {
	my ($results, @options) = @_;
	push @{$results->{diagnostics}}, map {
		diagnostic('arch/s390/kvm/Kconfig', 9,
			   "$_=y, which the cell asks for, is lost",
			   tool => 'config', patch => 0, unit => undef)
	} @options;
}
make_path("$run/cells/s390-default-gcc");
spew("$run/cells/s390-default-gcc/wanted", "CONFIG_KVM=y\nCONFIG_VFIO=y\n");
compares_to(1, qr/kvmatrix only, lost option: CONFIG_KVM/,
	    'a lost option that make has is told',
	    sub { loses($_[0], 'CONFIG_KVM') });
spew("$top/good/options", "CONFIG_KVM\nCONFIG_OTHER\n");
compares_to(0, qr/0 could not be compared, 1 with lost options/,
	    'a lost option that make lacks too is no failure of make',
	    sub { loses($_[0], 'CONFIG_KVM') });
compares_to(1, qr/make only, lost option: CONFIG_KVM/,
	    'a lost option less is told');
compares_to(0, qr/1 with lost options/, 'that of an equal cell is true, too',
	    sub { loses($_[0], 'CONFIG_KVM', 'CONFIG_OTHER') });
compares_to(1, qr/make ended with 0, kvmatrix tells a failure/,
	    'another failure beside it is told',
	    sub {
		    loses($_[0], 'CONFIG_KVM');
		    push @{$_[0]{diagnostics}},
			    diagnostic('a', 1, 'x', patch => 0, tool => 'kconfig');
	    });

done_testing();
