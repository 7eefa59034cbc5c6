"""Files that visitors bring. Where to look for what:

receive         the bytes of a file that is sent
uploads         taking, removing and deleting them
conversations   which conversation holds which files, and all limits
indexing        reading them in the background
elsewhere       what was brought to another server over the same index
"""
