"""HDF5, the part of it that Keras files use, read and written without the HDF5 library.

The HDF5 library is a large machine: links into other files, data stored elsewhere, plug-in filters. A model file needs
none of that, so this package does not have it: it knows groups, numbers and texts, and refuses the rest by name. What
it writes is ordinary HDF5 in the oldest layout, which every HDF5 program reads.

Source: HDF5 File Format Specification, version 3.0 (superblock 0, object headers 1, symbol tables).
"""

from chainrule.files.hdf5.reader import Dataset, Group, Unread, read, user_block
from chainrule.files.hdf5.writer import Folder, encode

__all__ = ["Dataset", "Folder", "Group", "Unread", "encode", "read", "user_block"]
