"""ImageDataGenerator: pictures changed at random, anew for every epoch. Keras's names, settings and ranges."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.preprocessing.image import affine
from chainrule.preprocessing.image.arrays import channels_first, check_pictures
from chainrule.preprocessing.image.flow import DataFrameIterator, DirectoryIterator, NumpyArrayIterator


class ImageDataGenerator:
    """Gives pictures in batches, each changed at random within the ranges asked for.

    rotation_range: degrees.  width_shift_range, height_shift_range: a share of the picture below 1, else pixels, or a
    list to choose from.  shear_range: degrees.  zoom_range: z or (low, high).  brightness_range: (low, high).
    rescale: a factor, applied last before preprocessing_function's place in Keras: after all changes.

    >>> flow = ImageDataGenerator(rescale=1 / 255).flow(np.full((4, 2, 2, 1), 255.0), [0, 1, 0, 1], batch_size=3)
    >>> x, y = flow[0]
    >>> x.shape, float(x.max()), len(flow)
    ((3, 2, 2, 1), 1.0, 2)
    """

    def __init__(
        self, featurewise_center: bool = False, samplewise_center: bool = False,
        featurewise_std_normalization: bool = False, samplewise_std_normalization: bool = False,
        zca_whitening: bool = False, zca_epsilon: float = 1e-6, rotation_range: float = 0, width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0, brightness_range: Any = None, shear_range: float = 0.0, zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0, fill_mode: str = "nearest", cval: float = 0.0, horizontal_flip: bool = False,
        vertical_flip: bool = False, rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], Any] | None = None, data_format: str | None = None,
        validation_split: float = 0.0, interpolation_order: int = 1, dtype: Any = None,
    ) -> None:  # fmt: skip
        self.channels_first = channels_first(data_format)
        if interpolation_order != 1:
            raise SettingError(
                "ImageDataGenerator: interpolation_order must be 1; values between pixels are bilinear."
            )
        if fill_mode not in affine.FILLS:
            raise unknown("fill_mode", fill_mode, affine.FILLS)
        if validation_split and not 0 < validation_split < 1:
            raise SettingError(f"validation_split is a share between 0 and 1; it got {validation_split!r}.")
        if isinstance(zoom_range, (int, float)):
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        if len(zoom_range) != 2:
            raise SettingError(f"zoom_range is a number or (low, high); it got {zoom_range!r}.")
        if brightness_range is not None and len(brightness_range) != 2:
            raise SettingError(f"brightness_range is (low, high); it got {brightness_range!r}.")
        self.featurewise_center = featurewise_center or featurewise_std_normalization or zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon, self.rotation_range = zca_whitening, zca_epsilon, rotation_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range, self.shear_range, self.zoom_range = (
            brightness_range,
            shear_range,
            tuple(zoom_range),
        )
        self.channel_shift_range, self.fill_mode, self.cval = channel_shift_range, fill_mode, cval
        self.horizontal_flip, self.vertical_flip, self.rescale = horizontal_flip, vertical_flip, rescale
        self.preprocessing_function, self.validation_split = preprocessing_function, validation_split
        self.dtype = np.dtype(dtype or "float32")
        self.mean: Any = None
        self.std: Any = None
        self.zca_whitening_matrix: Any = None

    # ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────
    def flow(self, x: Any, y: Any = None, batch_size: int = 32, shuffle: bool = True, sample_weight: Any = None,
             seed: int | None = None, subset: str | None = None, **saving: Any) -> NumpyArrayIterator:  # fmt: skip
        """Batches of pictures that are in memory, with their targets."""
        refuse_saving(saving)
        return NumpyArrayIterator(self, x, y, batch_size, shuffle, sample_weight, seed, subset)

    def flow_from_directory(self, directory: Any, target_size: Any = (256, 256), color_mode: str = "rgb", classes: Any = None,
                            class_mode: str | None = "categorical", batch_size: int = 32, shuffle: bool = True,
                            seed: int | None = None, subset: str | None = None, interpolation: str = "nearest",
                            follow_links: bool = False, keep_aspect_ratio: bool = False, **saving: Any) -> DirectoryIterator:  # fmt: skip
        """Batches of pictures in a folder with one folder for each class."""
        refuse_saving(saving)
        return DirectoryIterator(self, directory, target_size, color_mode, classes, class_mode, batch_size, shuffle, seed,
                                 subset, interpolation, keep_aspect_ratio, follow_links)  # fmt: skip

    def flow_from_dataframe(self, dataframe: Any, directory: Any = None, x_col: str = "filename", y_col: Any = "class",
                            target_size: Any = (256, 256), color_mode: str = "rgb", classes: Any = None,
                            class_mode: str | None = "categorical", batch_size: int = 32, shuffle: bool = True,
                            seed: int | None = None, subset: str | None = None, interpolation: str = "nearest",
                            validate_filenames: bool = True, weight_col: str | None = None, keep_aspect_ratio: bool = False,
                            **saving: Any) -> DataFrameIterator:  # fmt: skip
        """Batches of pictures whose files and classes are columns of a table."""
        refuse_saving(saving)
        return DataFrameIterator(self, dataframe, directory, x_col, y_col, target_size, color_mode, classes, class_mode,
                                 batch_size, shuffle, seed, subset, interpolation, keep_aspect_ratio, validate_filenames,
                                 weight_col)  # fmt: skip

    # ── changing one picture ─────────────────────────────────────────────────────────────────────────────────────
    def get_random_transform(self, img_shape: tuple[int, ...], seed: Any = None) -> dict[str, Any]:
        """What to do to one picture, drawn within the ranges. seed: a number, or a generator of NumPy."""
        rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
        height, width = img_shape[-2:] if self.channels_first else img_shape[:2]
        zx, zy = (
            (1.0, 1.0)
            if self.zoom_range == (1, 1)
            else rng.uniform(self.zoom_range[0], self.zoom_range[1], 2)
        )
        return {
            "theta": rng.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0,
            "tx": shift(self.height_shift_range, height, rng), "ty": shift(self.width_shift_range, width, rng),
            "shear": rng.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0,
            "zx": zx, "zy": zy,
            "flip_horizontal": bool(self.horizontal_flip and rng.random() < 0.5),
            "flip_vertical": bool(self.vertical_flip and rng.random() < 0.5),
            "channel_shift_intensity": rng.uniform(-self.channel_shift_range, self.channel_shift_range) if self.channel_shift_range else None,
            "brightness": rng.uniform(*self.brightness_range) if self.brightness_range is not None else None,
        }  # fmt: skip

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """One picture, changed as `get_random_transform` says."""
        p = transform_parameters
        x = np.moveaxis(x, 0, -1) if self.channels_first else x
        theta, tx, ty, shear = (p.get(name, 0) for name in ("theta", "tx", "ty", "shear"))
        change = affine.matrix(theta, tx, ty, shear, p.get("zx", 1), p.get("zy", 1))
        if not np.array_equal(change, np.eye(3)):
            x = affine.transformed(x, change, self.fill_mode, self.cval)
        if (intensity := p.get("channel_shift_intensity")) is not None:
            x = np.clip(x + intensity, x.min(), x.max())
        if p.get("flip_horizontal"):
            x = x[:, ::-1]
        if p.get("flip_vertical"):
            x = x[::-1]
        if (brightness := p.get("brightness")) is not None:
            x = np.clip(x * brightness, 0, 255)
        return np.moveaxis(x, -1, 0) if self.channels_first else x

    def random_transform(self, x: np.ndarray, seed: Any = None) -> np.ndarray:
        """One picture, changed at random."""
        return self.apply_transform(np.asarray(x), self.get_random_transform(np.shape(x), seed))

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """One picture, scaled and centred as the settings say."""
        if self.preprocessing_function is not None:
            x = np.asarray(self.preprocessing_function(x))
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - x.mean()
        if self.samplewise_std_normalization:
            x = x / (x.std() + 1e-6)
        if self.fitted(self.featurewise_center, self.mean, "featurewise_center"):
            x = x - self.mean
        if self.fitted(self.featurewise_std_normalization, self.std, "featurewise_std_normalization"):
            x = x / (self.std + 1e-6)
        if self.fitted(self.zca_whitening, self.zca_whitening_matrix, "zca_whitening"):
            x = (x.reshape(1, -1) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def fitted(self, asked: bool, value: Any, setting: str) -> bool:
        """Whether to use what `fit` measured; where it is asked for and was not measured, a warning says so, as in Keras."""
        if asked and value is None:
            warnings.warn(
                f"ImageDataGenerator: {setting} changes nothing before fit(x_train) has measured some pictures.",
                stacklevel=2,
            )
        return asked and value is not None

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Measures mean, deviation and the whitening of some pictures."""
        x = check_pictures(x, self.channels_first).astype(self.dtype)
        axes = (0, 2, 3) if self.channels_first else (0, 1, 2)
        if augment:
            rng = np.random.default_rng(seed)
            x = np.stack([self.random_transform(one, rng) for _ in range(rounds) for one in x])
        if self.featurewise_center:
            self.mean = x.mean(axis=axes, keepdims=True)[0]
            x = x - self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(axis=axes, keepdims=True)[0]
            x = x / (self.std + 1e-6)
        if self.zca_whitening:
            flat = x.reshape(len(x), -1)
            u, s, _ = np.linalg.svd(flat.T @ flat / len(flat))
            self.zca_whitening_matrix = (u / np.sqrt(s + self.zca_epsilon)) @ u.T


def shift(asked: Any, size: int, rng: np.random.Generator) -> float:
    """How many pixels to move, from a share, a number of pixels, or a list to choose from."""
    if np.ndim(asked):
        return float(rng.choice(asked) * rng.choice([-1, 1]))
    if not asked:
        return 0.0
    moved = rng.uniform(-asked, asked)
    return float(moved * size if np.max(asked) < 1 else np.round(moved))


def refuse_saving(saving: dict[str, Any]) -> None:
    """Changed pictures are not written to disk."""
    for setting, value in saving.items():
        if setting not in ("save_to_dir", "save_prefix", "save_format", "ignore_class_split"):
            raise SettingError(f"There is no setting called {setting!r} (it got {value!r}).")
        if setting == "save_to_dir" and value is not None:
            raise SettingError("save_to_dir is not supported; save_img writes a batch's pictures.")
