/// The version of AlphaLake: of the program and of the library.
public let alphaLakeVersion = "0.1.0"
