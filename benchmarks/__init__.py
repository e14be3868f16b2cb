"""What the SDK costs beside a script written by hand over the same two libraries.

Duty: measure, in the same run and turn by turn, and write down what came out. It decides nothing in continuous
integration, where machines are busy: what guards there are counts, see `benchmarks.counts`.
"""
