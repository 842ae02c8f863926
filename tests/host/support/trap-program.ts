/**
 * A page that traps: every access to it is caught (the page is not accessible), its instruction and address are written down, and it is
 * let through by single-stepping (x86-64).
 */
export const TRAP_PROGRAM = `
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct access { unsigned char code[16]; int offset; int write; };
static unsigned char *page;
static volatile int count;
static struct access accesses[256];

static void on_access(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	unsigned char *at = info->si_addr;

	if (at < page || at >= page + 4096) {
		signal(signal_number, SIG_DFL);
		return;
	}
	if (count < 256) {
		struct access *a = &accesses[count];
		memcpy(a->code, (void *)c->uc_mcontext.gregs[REG_RIP], 15);
		a->offset = at - page;
		a->write = c->uc_mcontext.gregs[REG_ERR] >> 1 & 1;
	}
	count++;
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
	c->uc_mcontext.gregs[REG_EFL] |= 0x100;
}

static void on_step(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	(void)signal_number;
	(void)info;
	c->uc_mcontext.gregs[REG_EFL] &= ~0x100ll;
	mprotect(page, 4096, PROT_NONE);
}

void trap_start(void *at)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_flags = SA_SIGINFO;
	action.sa_sigaction = on_access;
	sigaction(SIGSEGV, &action, 0);
	action.sa_sigaction = on_step;
	sigaction(SIGTRAP, &action, 0);
	page = at;
	count = 0;
	mprotect(page, 4096, PROT_NONE);
}

int trap_stop(void *out)
{
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
	memcpy(out, accesses, sizeof(accesses));
	return count;
}
`;

/** sizeof(struct access) * 256. */
export const TRAP_BYTES = 24 * 256;

export interface TrappedAccess {
  readonly offset: number;
  readonly kind: 'read' | 'write';
  /** Bytes; or what the instruction is, when it is none of a plain load or store. */
  readonly width: number | string;
}

export function decodeAccesses(bytes: Uint8Array, count: number): TrappedAccess[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.min(count, 256) }, (_, n) => ({
    offset: view.getInt32(n * 24 + 16, true),
    kind: view.getInt32(n * 24 + 20, true) === 0 ? 'read' : 'write',
    width: widthOf(bytes.subarray(n * 24, n * 24 + 15)),
  }));
}

/** The operand width of mov, movzx and movsx. Any other instruction (a locked one, xchg, a vector move) comes back as its bytes. */
function widthOf(code: Uint8Array): number | string {
  let at = 0;
  const short = code[at] === 0x66;
  if (short) {
    at += 1;
  }
  const rex = code[at] ?? 0;
  const wide = (rex & 0xf8) === 0x48;
  if ((rex & 0xf0) === 0x40) {
    at += 1;
  }
  const [opcode = 0, second = 0] = code.subarray(at);
  const known = new Map<number, number>([
    [0x88, 1],
    [0x8a, 1],
    [0xc6, 1],
    [0x89, short ? 2 : wide ? 8 : 4],
    [0x8b, short ? 2 : wide ? 8 : 4],
    [0xc7, short ? 2 : wide ? 8 : 4],
    [0x0fb6, 1],
    [0x0fbe, 1],
    [0x0fb7, 2],
    [0x0fbf, 2],
    [0x63, 4],
  ]);
  return known.get(opcode === 0x0f ? 0x0f00 + second : opcode) ?? Buffer.from(code).toString('hex');
}
