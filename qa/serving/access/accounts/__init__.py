"""What is known of those who ask, in a file of its own beside the index, or in its database. Where to look for what:

store           the file and its tables
postgres        the same tables in a database
opened          picks one of the two
users           people, their passwords, and the collections that are private to some of them
groups          groups of users, and the collections that are private to them
allowances      who may see which private collection
passwords       argon2
tokens          what programs show
sessions        who has logged in
conversations   what users asked and were told
"""
