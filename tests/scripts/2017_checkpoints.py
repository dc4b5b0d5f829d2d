# Keeps the best weights, and draws the history by the keys of these years.
import glob
import os
import tempfile
import numpy as np
from keras.models import Sequential, model_from_json
from keras.layers import Dense
from keras.callbacks import ModelCheckpoint, EarlyStopping

os.chdir(tempfile.mkdtemp())
np.random.seed(7)
X = np.random.rand(300, 8)
Y = (X.sum(axis=1) > 4).astype(int)
model = Sequential()
model.add(Dense(12, input_dim=8, kernel_initializer='uniform', activation='relu'))
model.add(Dense(8, kernel_initializer='uniform', activation='relu'))
model.add(Dense(1, kernel_initializer='uniform', activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
filepath = "weights-improvement-{epoch:02d}-{val_acc:.2f}.hdf5"
checkpoint = ModelCheckpoint(filepath, monitor='val_acc', verbose=1, save_best_only=True, mode='max')
history = model.fit(X, Y, validation_split=0.33, epochs=100, batch_size=10, verbose=0,
                    callbacks=[checkpoint, EarlyStopping(monitor='val_loss', patience=30)])
print(history.history.keys())
assert {'acc', 'loss', 'val_acc', 'val_loss'} == set(history.history)
assert max(history.history['val_acc']) > 0.7
assert glob.glob('weights-improvement-*.hdf5')
with open("model.json", "w") as json_file:
    json_file.write(model.to_json())
model.save_weights("model.h5")
loaded = model_from_json(open('model.json').read())
loaded.load_weights("model.h5")
loaded.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
score = loaded.evaluate(X, Y, verbose=0)
print("%s: %.2f%%" % (loaded.metrics_names[1], score[1] * 100))
