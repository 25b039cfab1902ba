// swift-tools-version: 6.2
import PackageDescription

// A program of its own that uses AlphaLake as a library, as a package outside this repository would: by the product
// `AlphaLake` and nothing else. Tools/test compiles it, runs it and compares what it prints with expected.txt.

let package = Package(
    name: "ExampleProgram",
    dependencies: [.package(name: "AlphaLake", path: "../..")],
    targets: [
        .executableTarget(name: "ExampleProgram", dependencies: [.product(name: "AlphaLake", package: "AlphaLake")])
    ]
)
