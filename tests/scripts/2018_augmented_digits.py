import numpy as np
from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense, Flatten
from keras.preprocessing.image import ImageDataGenerator
from keras.utils.np_utils import to_categorical

np.random.seed(2018)

(x, y), _ = mnist.load_data()
x = x[:1000].reshape(-1, 28, 28, 1)
y = to_categorical(y[:1000], num_classes=10)
datagen = ImageDataGenerator(rescale=1. / 255, rotation_range=8, width_shift_range=0.08, shear_range=0.3,
                             height_shift_range=0.08, zoom_range=0.08)
model = Sequential()
model.add(Flatten(input_shape=(28, 28, 1)))
model.add(Dense(64, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
train = datagen.flow(x, y, batch_size=50)
history = model.fit_generator(train, steps_per_epoch=len(x) // 50, epochs=4, verbose=2,
                              validation_data=(x / 255., y), workers=4, use_multiprocessing=False)
print(history.history['val_acc'] if 'val_acc' in history.history else history.history['val_accuracy'])
score = model.evaluate(x / 255., y, verbose=0)
assert score[1] > 0.6
print(model.predict_generator(train, steps=2).shape)
