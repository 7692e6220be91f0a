"""Is the candidate a better voice than the one in use, and than none at all?"""
