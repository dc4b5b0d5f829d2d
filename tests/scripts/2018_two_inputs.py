import numpy as np
from keras.layers import Input, Dense, concatenate, Embedding, Flatten
from keras.models import Model

np.random.seed(0)
numbers = np.random.rand(300, 4).astype('float32')
kinds = np.random.randint(0, 5, (300, 1))
y = (numbers.sum(axis=1) + kinds[:, 0] > 4).astype('float32')

main_input = Input(shape=(4,), dtype='float32', name='main_input')
kind_input = Input(shape=(1,), dtype='int32', name='kind_input')
x = Embedding(output_dim=3, input_dim=5, input_length=1)(kind_input)
x = Flatten()(x)
both = concatenate([main_input, x])
both = Dense(16, activation='relu')(both)
out = Dense(1, activation='sigmoid', name='out')(both)
model = Model(inputs=[main_input, kind_input], outputs=[out])
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
model.fit([numbers, kinds], y, epochs=40, batch_size=30, verbose=0)
acc = model.evaluate([numbers, kinds], y, verbose=0)[1]
print(acc)
assert acc > 0.75
model.fit({'main_input': numbers, 'kind_input': kinds}, {'out': y}, epochs=1, verbose=0)
