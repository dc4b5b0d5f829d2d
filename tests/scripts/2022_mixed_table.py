# A table with numbers, words and missing weights of classes, prepared by hand with pandas-like dicts.
import numpy as np
import keras
keras.utils.set_random_seed(2)
from keras import layers

rng = np.random.default_rng(5)
table = {"age": rng.integers(20, 70, 300), "income": rng.normal(3000, 800, 300), "city": rng.choice(["a", "b", "c"], 300)}
target = ((table["age"] > 45) & (table["city"] != "c")).astype(int)
cities = sorted(set(table["city"]))
x = np.column_stack([
    (table["age"] - table["age"].mean()) / table["age"].std(), (table["income"] - 3000) / 800,
    np.eye(3)[[cities.index(c) for c in table["city"]]],
])
model = keras.Sequential([
    keras.Input(shape=(5,)),
    layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-4)),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(optimizer="adam", loss="binary_crossentropy",
              metrics=[keras.metrics.BinaryAccuracy(name="acc"), keras.metrics.Precision(), keras.metrics.Recall(), keras.metrics.AUC(name="auc")])
weights = {0: 1.0, 1: float((target == 0).sum() / (target == 1).sum())}
model.fit(x, target, epochs=60, batch_size=32, class_weight=weights, verbose=0)
results = model.evaluate(x, target, verbose=0, return_dict=True)
print(results)
assert results["acc"] > 0.85 and results["auc"] > 0.9
