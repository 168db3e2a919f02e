"""Samples of `perf script` as stacks, outermost call first, each below the kind of thread it was on."""

import collections
import re

# The thread is known by what it began with. The first match on any stack of a thread decides.
THREADS = (("committer", "varve::Committer::run"), ("journal files", "FilePool::run"), ("checkpoint", "varve::Upkeep"),
           ("rocksdb", "rocksdb::"), ("reader", "ReaderPool"), ("shard", "varve::Shard::run"))
# Between the start of a thread and our code nothing is to be learnt.
BORING = re.compile(r"^(clone3?|start_thread|_start|main|__libc_start.*|std::thread::_State.*|"
                    r"std::__invoke.*|execute_native_thread_routine|0x[0-9a-f]+|\[unknown\]|entry_SYSCALL_64_after_hwframe|"
                    r"do_syscall_64|__x64_sys_.*|asm_.*)$")


def shorten(symbol):
    """Without template arguments, parameters and addresses."""
    symbol = re.sub(r"\(anonymous namespace\)::|^non-virtual thunk to ", "", symbol)
    depth, kept = 0, []
    for letter in symbol.replace("operator()", "operator").replace("->", ""):
        depth += letter in "<("
        if depth == 0:
            kept.append(letter)
        depth -= letter in ">)"
    return re.sub(r"\.(isra|constprop|part|cold)[.\d]*", "", "".join(kept)).removeprefix("varve::").strip()


def parse(text):
    """(thread id, frames as perf names them, outermost first) for each sample of `perf script -F tid,ip,sym`."""
    for block in text.split("\n\n"):
        head, *frames = block.strip("\n").splitlines() or [""]
        if frames:
            yield head.split()[0], [re.sub(r"^\s*[0-9a-f]+\s+", "", frame) for frame in reversed(frames)]


def threads_of(samples):
    found = {}
    for thread, frames in samples:
        for kind, begin in THREADS:
            if thread not in found and any(begin in frame for frame in frames):
                found[thread] = kind
    return found


def folded(samples):
    """How often each stack was seen, as a Counter of tuples."""
    samples = list(samples)
    threads = threads_of(samples)
    counts = collections.Counter()
    for thread, frames in samples:
        names = [shorten(frame) for frame in frames if not BORING.match(frame)]
        counts[(threads.get(thread, "other"), *(name for name in names if name))] += 1
    return counts


def share_of_leaves(counts):
    """(function, share) by itself, most first."""
    leaves = collections.Counter()
    for stack, count in counts.items():
        leaves[stack[-1]] += count
    total = sum(counts.values())
    return [(name, count / total) for name, count in leaves.most_common()]


def share_of_threads(counts):
    threads = collections.Counter()
    for stack, count in counts.items():
        threads[stack[0]] += count
    total = sum(counts.values())
    return [(name, count / total) for name, count in threads.most_common()]


def share_of_parts(counts, parts):
    """What each part takes with all it calls: a sample belongs to the innermost frame that names a part."""
    found = collections.Counter()
    for stack, count in counts.items():
        named = (part for frame in reversed(stack) for part, pattern in parts if re.search(pattern, frame))
        found[next(named, "the rest")] += count
    total = sum(counts.values())
    return [(name, count / total) for name, count in found.most_common()]
