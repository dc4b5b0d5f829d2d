"""The classic job as a hand-written PyTorch loop, all data in memory, fused Adam: ... torch_loop MNIST.npz."""

import sys

import torch
from torch import nn

from benchmarks.jobs import mnist
from benchmarks.jobs.turns import Turns

(x, y), _ = mnist.read(sys.argv[1])
x, y = torch.from_numpy(x), torch.from_numpy(y.astype("int64"))
model = nn.Sequential(nn.Linear(784, 784), nn.ReLU(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
loss_of, adam = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), eps=1e-7, fused=True)

turns, figures = Turns(), {}
while True:
    turns.wait(**figures)
    loss_sum, hits = torch.zeros(()), torch.zeros((), dtype=torch.int64)
    for chosen in torch.randperm(len(x)).split(32):
        targets = y[chosen]
        logits = model(x[chosen])
        loss = loss_of(logits, targets)
        adam.zero_grad()
        loss.backward()
        adam.step()
        with torch.no_grad():  # summed as tensors: reading a number at every step would cost time
            loss_sum += loss * len(targets)
            hits += (logits.argmax(1) == targets).sum()
    figures = {"loss": float(loss_sum) / len(x), "accuracy": float(hits) / len(x)}
