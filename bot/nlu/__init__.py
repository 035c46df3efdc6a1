"""What the assistant understands: Rasa's components, training and server; nothing else of the project imports rasa.

Importing this package puts a stand-in for TensorFlow on the import path, because Rasa imports TensorFlow even for a
pipeline that uses none of it. Nothing else happens: Rasa itself is imported by the modules that need it.
"""

from __future__ import annotations

from bot.nlu import without_tensorflow

without_tensorflow.install()
