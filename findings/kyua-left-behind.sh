#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# kyua leaves the folder of a test behind, and says nothing.
#
# Expected: kyua gives each test a folder and removes it afterwards.  When it
# cannot, since the test took write permission off a folder in it, kyua says so.
# Seen: the test passes, kyua exits with 0 and prints nothing, and the folder
# stays in TMPDIR.  (Root, who needs no permission, does not see it.)

. "$(dirname "$0")/lib.sh"
needs kyua 0.13

mkdir suite tmp
cat >suite/Kyuafile <<'E'
syntax(2)
test_suite("suite")
plain_test_program{name="readonly"}
E
cat >suite/readonly <<'E'
#!/bin/sh
mkdir folder && touch folder/file && chmod 500 folder
E
chmod 755 suite/readonly
as=
if [ "$(id -u)" = 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chown -R 65534:65534 "$tmp"
fi

# shellcheck disable=SC2086
HOME=$tmp TMPDIR=$tmp/tmp $as kyua test -k suite/Kyuafile -r result.db \
    >output 2>&1 && echo "exit 0" >>output
compare "0 files" "1 files" "$(find tmp -type f -name file | wc -l) files"
compare "exit 0" "1/1 passed (0 failed) exit 0" \
    "$(tail -n 2 output | xargs)"
! grep -qi 'warn\|error\|clean' output || die "it says something now"
