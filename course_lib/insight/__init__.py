"What a class has understood: item analysis, mistakes by name, similar code, the report."
