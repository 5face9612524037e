# SPDX-License-Identifier: Apache-2.0
"""Prints what a comparison has measured, for who looks at it; pages have a report of their own."""
import statistics

MOST_GARBAGE = 1000  # bytes a batch, on either side, once warm


def middle(results, values):
    """Medians over the rounds, of each process."""
    each = zip(*(values(one) for one in results))
    return [statistics.median(side) for side in each]


def print_table(comparison):
    medians = comparison.medians()
    for name, results in comparison.measured.items():
        if not results:
            continue
        rates = [one.rate for one in results]
        size = comparison.rows.rows[name].size
        told = [line for line in results[-1].told if "allocated" in line]
        cpu = " + ".join(f"{c:.2f}" for c in middle(results, lambda one: one.cpu))
        rss = " + ".join(f"{r:.0f}" for r in middle(results, lambda one: one.rss))
        print(
            f"{name:<24} median {medians[name]:5.2f} GB/s [{min(rates):.2f} .. {max(rates):.2f}]"
            f" {medians[name] * 1e9 / size:8.0f} batches/s cpu {cpu} s/GB rss {rss} MB"
            f" {'; '.join(told)}".rstrip()
        )


def print_ratios(comparison):
    for name, base, ratio, target in comparison.targets():
        verdict = "met" if ratio >= target else "MISSED"
        print(f"{name} / {base}: {ratio:.2f} (target {target}) {verdict}")
    for name, base, target in comparison.unmeasured():
        print(f"{name} / {base}: not measured (target {target})")
    for name, base, ratio, _ in comparison.choices():
        print(f"{name} / {base}: {ratio:.2f} (no target){' SLOWER' if ratio < 1 else ''}")
    for name, base, ratio, _ in comparison.limits():
        print(f"{name} / {base}: {ratio:.2f} (a bare socket)")
    for name, most in comparison.garbage():
        verdict = "met" if most < MOST_GARBAGE else "MISSED"
        print(f"{name}: at most {most} B of garbage a batch (target {MOST_GARBAGE}) {verdict}")
    for name, base, ratio, least in comparison.baselines():
        verdict = "sound" if ratio >= least else "FAILED: our baseline is too slow"
        print(f"{name} / {base}: {ratio:.2f} (at least {least}) {verdict}")


def print_modes(comparison):
    print("modes, as built and as run last:")
    for name, command in comparison.rows.built.commands.items():
        print(f"  {name}: {comparison.shown(command)}")
    for name, results in comparison.measured.items():
        if results:
            print(f"  {name}")
            for line in comparison.mode(name):
                print(f"    {line}")
