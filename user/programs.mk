# SPDX-License-Identifier: Apache-2.0
# programs.mk: what the three programs are linked from. Each is the file of its main() and what that needs of all others,
# which the linker takes from one archive. What a program must not do is kept out by the libraries that it lacks:
# sluiced has none that speaks to the network, the gateway none for BPF.

MAINS := sluiced/sluiced gateway/gateway cli/sluice
# They hold the BPF object: sluiced alone has them, and no unit test.
LOADER := kernel/kernel kernel/kernel_program

MODULES := $(patsubst user/%.c,%,$(sort $(wildcard user/*/*.c)))
ARCHIVE := $(O)/modules.a

SLUICED_LIBS := -lbpf -levent_core -ljansson -linih -lcrypto -lseccomp -lcap-ng -lsqlite3
GATEWAY_LIBS := -levent_core -lcurl -lmicrohttpd -lwslay -ljansson -linih -lssl -lcrypto -lseccomp -lcap-ng
CLI_LIBS := -ljansson -linih -lcrypto -lsqlite3 -lzip
