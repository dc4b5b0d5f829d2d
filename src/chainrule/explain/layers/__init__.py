"""How the arithmetic of each kind of layer is written out: a table from a layer's class to its formulas.

base           what every kind can be asked, and what is said of a layer without an entry
sums           weighted sums: Dense
convolution    Conv1D, Conv2D, DepthwiseConv1D, DepthwiseConv2D, Conv1DTranspose, Conv2DTranspose
separable      SeparableConv1D, SeparableConv2D
pooling        the largest or the mean of windows and channels
activations    Activation, ReLU, LeakyReLU, ELU, Softmax
pieces         what they look up: f and f′ of the functions that work number by number
rows           and those of whole rows: softmax, log_softmax, sparsemax, glu
prelu          PReLU
shaping        Flatten, Reshape, Identity, InputLayer, Rescaling, Masking, ActivityRegularization
noise          the dropouts, GaussianNoise
moving         padding, cropping, upsampling, permuting, repeating
normalization  BatchNormalization, LayerNormalization, GroupNormalization, Normalization
lengths        RMSNormalization, UnitNormalization
merging        Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate
embedding      Embedding, PositionalEmbedding
recurrent      SimpleRNN, and what recurrent layers share
gates          LSTM, GRU
attention      Attention, AdditiveAttention
multi_head_attention  MultiHeadAttention
dot            Dot
bidirectional  Bidirectional, by the formulas of the layers that walk either way
time_distributed  TimeDistributed, by the formulas of the layer inside
inner          a layer inside another, opened
"""

from chainrule.explain.layers.activations import (
    ActivationFormulas,
    ELUFormulas,
    LeakyReLUFormulas,
    ReLUFormulas,
    SoftmaxFormulas,
)
from chainrule.explain.layers.attention import AdditiveAttentionFormulas, AttentionFormulas
from chainrule.explain.layers.base import LayerFormulas
from chainrule.explain.layers.bidirectional import BidirectionalFormulas
from chainrule.explain.layers.convolution import (
    ConvolutionFormulas,
    DepthwiseFormulas,
    TransposedFormulas,
)
from chainrule.explain.layers.dot import DotFormulas
from chainrule.explain.layers.embedding import EmbeddingFormulas, PositionalEmbeddingFormulas
from chainrule.explain.layers.gates import GRUFormulas, LSTMFormulas
from chainrule.explain.layers.lengths import RMSNormalizationFormulas, UnitNormalizationFormulas
from chainrule.explain.layers.merging import (
    AddFormulas,
    AverageFormulas,
    ConcatenateFormulas,
    LargestOfInputs,
    MultiplyFormulas,
    SmallestOfInputs,
    SubtractFormulas,
)
from chainrule.explain.layers.moving import MovedNumbers
from chainrule.explain.layers.multi_head_attention import MultiHeadAttentionFormulas
from chainrule.explain.layers.noise import (
    AlphaDropoutFormulas,
    DropoutFormulas,
    GaussianDropoutFormulas,
    GaussianNoiseFormulas,
)
from chainrule.explain.layers.normalization import (
    BatchNormalizationFormulas,
    GivenStatistics,
    GroupNormalizationFormulas,
    LayerNormalizationFormulas,
)
from chainrule.explain.layers.pooling import (
    GlobalLargestFormulas,
    GlobalMeanFormulas,
    LargestFormulas,
    MeanFormulas,
)
from chainrule.explain.layers.prelu import PReLUFormulas
from chainrule.explain.layers.recurrent import SimpleRNNFormulas
from chainrule.explain.layers.separable import SeparableFormulas
from chainrule.explain.layers.shaping import (
    IdentityFormulas,
    MaskingFormulas,
    PenaltyFormulas,
    RescalingFormulas,
    SameNumbers,
)
from chainrule.explain.layers.sums import DenseFormulas
from chainrule.explain.layers.time_distributed import TimeDistributedFormulas
from chainrule.layers import CLASSES, Layer


def formulas_of(layer: Layer) -> LayerFormulas:
    """The formulas of a layer's kind; of a class of somebody's own, those that hold for any layer.

    >>> type(formulas_of(CLASSES["Dense"](3))).__name__
    'DenseFormulas'
    """
    return FORMULAS.get(type(layer), UNKNOWN)


BY_NAME: dict[str, LayerFormulas] = {
    "Activation": ActivationFormulas(),
    "ActivityRegularization": PenaltyFormulas(),
    "Add": AddFormulas(),
    "AdditiveAttention": AdditiveAttentionFormulas(),
    "AlphaDropout": AlphaDropoutFormulas(),
    "Attention": AttentionFormulas(),
    "Average": AverageFormulas(),
    "AveragePooling1D": MeanFormulas(),
    "AveragePooling2D": MeanFormulas(),
    "BatchNormalization": BatchNormalizationFormulas(),
    "Bidirectional": BidirectionalFormulas(formulas_of),
    "Concatenate": ConcatenateFormulas(),
    "Conv1D": ConvolutionFormulas(),
    "Conv1DTranspose": TransposedFormulas(),
    "Conv2D": ConvolutionFormulas(),
    "Conv2DTranspose": TransposedFormulas(),
    "Cropping1D": MovedNumbers(),
    "Cropping2D": MovedNumbers(),
    "Dense": DenseFormulas(),
    "DepthwiseConv1D": DepthwiseFormulas(),
    "DepthwiseConv2D": DepthwiseFormulas(),
    "Dot": DotFormulas(),
    "Dropout": DropoutFormulas(),
    "ELU": ELUFormulas(),
    "Embedding": EmbeddingFormulas(),
    "Flatten": SameNumbers(),
    "GRU": GRUFormulas(),
    "GaussianDropout": GaussianDropoutFormulas(),
    "GaussianNoise": GaussianNoiseFormulas(),
    "GlobalAveragePooling1D": GlobalMeanFormulas(),
    "GlobalAveragePooling2D": GlobalMeanFormulas(),
    "GlobalMaxPooling1D": GlobalLargestFormulas(),
    "GlobalMaxPooling2D": GlobalLargestFormulas(),
    "GroupNormalization": GroupNormalizationFormulas(),
    "Identity": IdentityFormulas(),
    "InputLayer": SameNumbers(),
    "LSTM": LSTMFormulas(),
    "LayerNormalization": LayerNormalizationFormulas(),
    "LeakyReLU": LeakyReLUFormulas(),
    "Masking": MaskingFormulas(),
    "MaxPooling1D": LargestFormulas(),
    "MaxPooling2D": LargestFormulas(),
    "Maximum": LargestOfInputs(),
    "Minimum": SmallestOfInputs(),
    "MultiHeadAttention": MultiHeadAttentionFormulas(),
    "Multiply": MultiplyFormulas(),
    "Normalization": GivenStatistics(),
    "PReLU": PReLUFormulas(),
    "Permute": MovedNumbers(),
    "PositionalEmbedding": PositionalEmbeddingFormulas(),
    "RMSNormalization": RMSNormalizationFormulas(),
    "ReLU": ReLUFormulas(),
    "RepeatVector": MovedNumbers(),
    "Rescaling": RescalingFormulas(),
    "Reshape": SameNumbers(),
    "SeparableConv1D": SeparableFormulas(),
    "SeparableConv2D": SeparableFormulas(),
    "SimpleRNN": SimpleRNNFormulas(),
    "Softmax": SoftmaxFormulas(),
    "SpatialDropout1D": DropoutFormulas(),
    "SpatialDropout2D": DropoutFormulas(),
    "Subtract": SubtractFormulas(),
    "TimeDistributed": TimeDistributedFormulas(formulas_of),
    "UnitNormalization": UnitNormalizationFormulas(),
    "UpSampling1D": MovedNumbers(),
    "UpSampling2D": MovedNumbers(),
    "ZeroPadding1D": MovedNumbers(),
    "ZeroPadding2D": MovedNumbers(),
}
FORMULAS: dict[type[Layer], LayerFormulas] = {
    CLASSES[name]: formulas for name, formulas in BY_NAME.items() if name in CLASSES
}
UNKNOWN = LayerFormulas()

__all__ = ["FORMULAS", "LayerFormulas", "formulas_of"]
