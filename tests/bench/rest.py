def rest(suite, settings): return []
def revocation(suite, settings): return []
