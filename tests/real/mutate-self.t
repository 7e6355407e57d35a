#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Judges the judge: mutate-compare on a faked work directory with both passes of
# kvmatrix, true and falsified in one place at a time.

use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $here = dirname(__FILE__);
my $top = tempdir(CLEANUP => 1);
my $cell = 's390/default/gcc';
my $work = "$top/work";
make_path("$work/$_") for qw(full quick);

sub spew {
	my ($path, $text) = @_;
	open my $file, '>', $path or die "$path: $!";
	print $file $text;
	close $file or die "$path: $!";
}

my $parse_error = 'implicit declaration of function';
my $late_error = q(call to '__compiletime_assert_1' declared with attribute ) .
	'error: BUILD_BUG_ON failed: x';

# What make says of the base and three mutations: nothing, a unit that does not
# parse, one that fails of an assertion, and a broken prepare.
sub answer {
	my ($name, $failed, $errors, $log) = @_;
	make_path("$top/$name");
	spew("$top/$name/exit", @$failed ? "2\n" : "0\n");
	spew("$top/$name/failed", join '', map { "$_\n" } @$failed);
	spew("$top/$name/errors", join '', map { "$_\n" } @$errors);
	spew("$top/$name/log", $log);
	system('gzip', '-f', "$top/$name/log") == 0 or die;
}
answer('a0', [], [], "  CC      a.o\n");
answer('a1', ['arch/s390/kvm/a.o'], ["cc\ta.c:3\t$parse_error"], <<"E");
/src/a.c:3:1: error: $parse_error
make[4]: *** [/src/scripts/Makefile.build:229: arch/s390/kvm/a.o] Error 1
E
answer('a2', ['virt/kvm/b.o'], ["cc\tb.c:9\t$late_error"], <<"E");
/src/b.c:9:1: error: $late_error
make[4]: *** [/src/scripts/Makefile.build:229: arch/s390/kvm/../../../virt/kvm/b.o] Error 1
make[3]: *** [/src/scripts/Makefile.build:478: arch/s390/kvm] Error 2
E
answer('a3', ['p.s'], ["cc\tp.h:1\t$parse_error"], <<"E");
/src/p.h:1:1: error: $parse_error
make[1]: *** [/src/scripts/Makefile.build:229: p.s] Error 1
E
for my $k (1 .. 3) {
	make_path("$work/states/$k/truth");
	spew("$work/states/$k/truth/index",
	     "0\tT0\t$cell\t$top/a0\n1\tT$k\t$cell\t$top/a$k\n");
}
spew("$work/cell", "$cell\n");
spew("$work/mutations", join '', map { "$_\tmove\th.h\tto i.h\n" } 1 .. 3);

sub diagnostic {
	my ($patch, $file, $line, $message, $replayed) = @_;
	return { patch => $patch, cell => $cell, file => $file, line => $line,
		 message => $message, severity => 'error', tool => 'cc',
		 status => 'new', replayed => $replayed ? JSON::PP::true :
		 JSON::PP::false };
}

sub step {
	my ($patch, $verdict, $failed, $replayed) = @_;
	return { patch => $patch, cell => $cell, verdict => $verdict,
		 failed_units => $failed, failed_replayed => $replayed };
}

sub results {
	my ($depth) = @_;
	my $quick = $depth eq 'quick';
	my @late = $quick ? () : ('virt/kvm/b.o');
	return {
		run => { depth => $depth },
		patches => [map { { index => $_, tree => "T$_" } } 0 .. 3],
		steps => [step(0, 'ok', [], []),
			  step(1, 'regressed', ['arch/s390/kvm/a.o'],
			       $quick ? ['arch/s390/kvm/a.o'] : []),
			  step(2, $quick ? 'fixed' : 'regressed', \@late, []),
			  step(3, 'regressed', ['p.s', 'behind.o'],
			       $quick ? ['p.s', 'behind.o'] : ['behind.o'])],
		diagnostics => [
			diagnostic(1, 'a.c', $quick ? 4 : 3, $parse_error, $quick),
			($quick ? () : diagnostic(2, 'b.c', 9, $late_error)),
			diagnostic(3, 'p.h', 1, $parse_error, $quick),
			diagnostic(3, 'q.h', 1, $parse_error, 1)],
	};
}

# Compares after one lie about the results of both passes.
sub compares_to {
	my ($want, $pattern, $title, $lie) = @_;
	my ($full, $quick) = map { results($_) } qw(full quick);
	$lie->($full, $quick) if $lie;
	spew("$work/full/results.json", JSON::PP->new->encode($full));
	spew("$work/quick/results.json", JSON::PP->new->encode($quick));
	my $said = qx($^X $here/mutate-compare $work);
	is($? >> 8, $want, $title) or diag($said);
	like($said, $pattern, "$title: said");
}

compares_to(0, qr/^4 of 4 states compared, 0 disagree/m, 'a true account agrees');
compares_to(0, qr/^1 unit fails of code generation only/m,
	    'what quick cannot see is told');
compares_to(1, qr/make only, failing unit: arch.s390.kvm.a\.o/,
	    'quick may not miss a unit that does not parse',
	    sub { $_[1]{steps}[1]{failed_units} = [] });
compares_to(1, qr/quick only, failing unit: c\.o/, 'quick may not invent one',
	    sub { push @{$_[1]{steps}[2]{failed_units}}, 'c.o' });
compares_to(1, qr/make only, error: a\.c: implicit/,
	    'quick may not say something else',
	    sub { $_[1]{diagnostics}[0]{message} = 'other' });
compares_to(1, qr/calls its depth 'full'/, 'quick has to say that it is quick',
	    sub { $_[1]{run}{depth} = 'full' });
compares_to(1, qr/make or full only, failing unit: behind\.o/,
	    'quick and full replay alike behind a broken prepare',
	    sub { $_[1]{steps}[3]{failed_units} = ['p.s'] });
compares_to(1, qr/make only, failing unit: virt.kvm.b\.o/,
	    'full may not miss what fails of code generation',
	    sub { $_[0]{steps}[2]{failed_units} = [] });
compares_to(1, qr/full only, error: a\.c:4/, 'full has to know the line',
	    sub { $_[0]{diagnostics}[0]{line} = 4 });
compares_to(1, qr/full's verdict is ok/, 'ok for a failed make is told',
	    sub { $_[0]{steps}[1]{verdict} = 'ok' });
compares_to(1, qr/full judged tree TX/, 'another tree is told',
	    sub { $_[0]{patches}[1]{tree} = 'TX' });
compares_to(3, qr/quick did not judge it/, 'an error is no agreement',
	    sub { $_[1]{steps}[1]{verdict} = 'error' });
unlink "$work/states/2/truth/index";
compares_to(3, qr/make was not asked/, 'no answer is no agreement');

done_testing();
