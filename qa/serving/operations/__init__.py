"""Keeping a desk going: whether it is in order, and a copy of it for the day when it is lost.

doctor      the checks, in their order
finding     what one check says
machine     the system, the settings, the disk
holdings    the index folder: who can read it, and whether it holds what it should
reach       where the desk listens, and who is let in
archive     the file that holds a backup, and its manifest
backup      index folder -> archive
restore     archive -> index folder
"""
