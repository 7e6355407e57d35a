#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only

test_description='the user repository is only read'
. "$(dirname "$0")/lib/kvmatrix.sh"

# All that could change in a repository, except the times of its files.
snapshot() {
	(
		cd tree &&
		echo "refs" && git for-each-ref &&
		echo "HEAD" && cat .git/HEAD &&
		echo "index" && sha256sum <.git/index &&
		echo "config" && sha256sum <.git/config &&
		echo "worktrees" && git worktree list &&
		echo "stash" && git stash list &&
		echo "reflog" && find .git/logs -type f -exec sha256sum {} + | sort &&
		echo "objects" && git count-objects -v &&
		find .git/objects -type f | sort &&
		echo "all else" &&
		find .git -type f ! -path ".git/objects/*" | sort | xargs sha256sum &&
		echo "files" &&
		find . -path ./.git -prune -o -type f -exec sha256sum {} + | sort
	)
}

test_expect_success 'setup: a repository in the middle of work' '
	minikernel tree &&
	matrix m.yaml "s390" &&
	topic good &&
	patch "KVM: A comment" append virt/kvm/kvm_main.c <<-\EOT &&
	/* end */
	EOT
	patch "KVM: s390: Break" append arch/s390/kvm/diag.c <<-\EOT &&
	#error broken
	EOT
	git -C tree format-patch -q --base=base -o "$TRASH/mails" base..good &&
	git -C tree checkout -q -b work base &&
	echo "/* staged */" | append tree/init/main.c &&
	git -C tree add init/main.c &&
	echo "/* not staged */" | append tree/init/main.c &&
	echo "untracked" >tree/new-file &&
	git -C tree stash list &&
	git -C tree status --porcelain >status.before &&
	snapshot >before
'

for form in range mbox plan sandboxless; do
	test_expect_success "$form: refs, index, config, worktrees, objects and files are as before" '
		case $form in
		range) test_expect_code 1 judge range base..good ;;
		mbox) test_expect_code 1 judge mbox mails ;;
		plan) "$KVMATRIX" plan --tree tree -m m.yaml mails ;;
		sandboxless) test_expect_code 1 judge plain mails --no-sandbox --no-memory ;;
		esac &&
		snapshot >after &&
		test_cmp before after &&
		git -C tree status --porcelain >status.after &&
		test_cmp status.before status.after
	'
done

test_expect_success 'a patch that does not apply leaves it as it was' '
	sed -i "s/^ #include/ #exclude/" mails/0002*.patch &&
	test_might_fail judge reject mails --base good &&
	snapshot >after &&
	test_cmp before after
'

test_expect_success 'a repository that cannot be written is no obstacle' '
	chmod -R a-w tree &&
	test_when_finished "chmod -R u+w tree" &&
	test_expect_code 1 judge readonly base..good
'

test_expect_success 'a bare repository will do' '
	git clone -q --bare tree bare.git &&
	mini_tree=bare.git &&
	test_when_finished "mini_tree=tree" &&
	test_expect_code 1 judge bare base..good
'

test_expect_success 'so will a worktree and a shallow clone' '
	git -C tree worktree add -q "$TRASH/worktree" good &&
	mini_tree=worktree && test_when_finished "mini_tree=tree" &&
	test_expect_code 1 judge worktree base..good &&
	git clone -q --depth 3 "file://$TRASH/tree" -b good shallow &&
	mini_tree=shallow &&
	test_expect_code 1 judge shallow HEAD~2..HEAD
'

test_done
