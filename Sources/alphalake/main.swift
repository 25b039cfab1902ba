print("alphalake")
