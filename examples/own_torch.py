"""A training of one's own in plain PyTorch; three lines record it, the rest is as it was. Writes torch.mp4."""

import torch

import mlanimated as mla

torch.manual_seed(0)
x = torch.rand(512, 2) * 2 - 1
y = ((x[:, 0] ** 2 + x[:, 1] ** 2) < 0.5).long()  # inside of a circle or not
model = torch.nn.Sequential(
    torch.nn.Linear(2, 32), torch.nn.ReLU(), torch.nn.Linear(32, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2)
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
criterion = torch.nn.CrossEntropyLoss()
recorder = mla.Recorder(name="inside the circle")  # 1
watching = mla.record.torch.watch(model, optimizer, recorder, loss=criterion, sample=x[:1], steps=300)  # 2
for _ in range(300):
    batch = torch.randint(0, 512, (64,))
    optimizer.zero_grad()
    criterion(model(x[batch]), y[batch]).backward()
    optimizer.step()
watching.close()  # 3

layers = mla.views.Layers(gradients="gradients/norm", title="The backward pass, layer by layer")
weights = mla.views.Ridges("weights", tensor=2, title="Weights of the second layer")
scene = layers.shared(1.3) | (mla.views.Lines("train/loss", title="Loss") / weights)
mla.film(scene, recorder.trace, title="A training of one's own, in PyTorch").save("torch.mp4")
