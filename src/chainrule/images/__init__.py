"""From a photo, a scan or a drawing to what the network was trained on, stage by stage.

    from chainrule.images import prepare, read_picture
    prepared = prepare(read_picture("photo.jpg"))
    prepared.digits[0].pixels           # (28, 28) uint8, as in MNIST

NumPy and Pillow only; no network is known here.
"""
