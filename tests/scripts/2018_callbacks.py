import os
import tempfile
import numpy as np
from keras import callbacks
from keras.models import Sequential, load_model
from keras.layers import Dense, Dropout
from keras.callbacks import CSVLogger, ReduceLROnPlateau, LearningRateScheduler, TensorBoard, LambdaCallback

folder = tempfile.mkdtemp()
np.random.seed(1)
x = np.random.rand(256, 5)
y = x @ np.array([1., -2., 3., 0., 1.])


class Losses(callbacks.Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))


model = Sequential([Dense(16, activation='relu', input_shape=(5,)), Dropout(0.1), Dense(1)])
model.compile('adam', 'mse', metrics=['mae'])
kept = Losses()
model.fit(x, y, epochs=6, batch_size=32, verbose=0, validation_split=0.25, callbacks=[
    kept, CSVLogger(os.path.join(folder, 'log.csv')), ReduceLROnPlateau(factor=0.5, patience=2, epsilon=1e-4, verbose=1),
    LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, sorted(logs))),
    TensorBoard(log_dir=os.path.join(folder, 'tb'), histogram_freq=0, write_graph=True, write_images=False),
])
assert len(kept.losses) == 6 * 6
assert open(os.path.join(folder, 'log.csv')).readline().startswith('epoch,')
model.fit(x, y, epochs=2, verbose=0, callbacks=[LearningRateScheduler(lambda epoch, lr: lr * 0.9)])
model.save(os.path.join(folder, 'model.h5'))
again = load_model(os.path.join(folder, 'model.h5'))
assert np.allclose(again.predict(x), model.predict(x), atol=1e-6)
