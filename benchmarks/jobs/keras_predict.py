"""One picture to one answer, by Keras: python -m benchmarks.jobs.keras_predict MODEL PICTURE."""

import sys

import keras
import numpy as np
from PIL import Image

model = keras.models.load_model(sys.argv[1], compile=False)
picture = np.asarray(Image.open(sys.argv[2]).convert("L"), dtype="float32") / 255
p = model.predict(picture.reshape(1, *model.input_shape[1:]), verbose=0)[0]
print(p.argmax(), f"{p.max():.4f}")
