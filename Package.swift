// swift-tools-version: 6.2
import PackageDescription

// Layers, top to bottom: alphalake, LakeFFI > AlphaAds, AlphaSurveys, LakeIngest, LakeArrow > LakeQuery > LakeTable > LakeShard > LakeBytes > LakeCore.
// Imports go downward only and siblings never import each other; Tests/HouseTests holds us to it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]

func room(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], linker: [LinkerSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: strict, linkerSettings: linker)
}

// Tools/library asks for a library with Swift's runtime inside, which shows nothing but its C functions.
let selfContained: [LinkerSetting] =
    Context.environment["ALPHALAKE_STATIC_RUNTIME"] == "1"
    ? [
        .unsafeFlags([
            "-static-stdlib", "-Xlinker", "--gc-sections", "-Xlinker", "--exclude-libs=ALL", "-Xlinker",
            "--version-script=\(Context.packageDirectory)/Sources/CLibraries/CArrow/exports.map",
        ])
    ] : []

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func system(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)")
}

let package = Package(
    name: "AlphaLake",
    products: [
        .library(
            name: "AlphaLake",
            targets: [
                "LakeCore", "LakeBytes", "LakeShard", "LakeTable", "LakeQuery", "LakeIngest", "LakeArrow",
                "AlphaAds", "AlphaSurveys",
            ]),
        .library(name: "LakeFFI", type: .dynamic, targets: ["LakeFFI"]),
        .executable(name: "alphalake", targets: ["alphalake"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        system("CZstd"), system("CLz4"), system("CXxhash"), system("CRoaring"), system("CPgQuery"), system("CArrow"),
        .target(
            name: "CReadStat", path: "Sources/CLibraries/CReadStat", linkerSettings: [.linkedLibrary("readstat")]),
        .target(name: "CKernels", path: "Sources/CLibraries/CKernels"),
        .target(
            name: "CSchemas", path: "Sources/CLibraries/CSchemas",
            exclude: [
                "census.json", "generator.json", "prompts.json", "stopwords.json", "tasks.json", "topics.json",
            ]),
        .target(
            name: "CRe2", path: "Sources/CLibraries/CRe2",
            linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),
        .target(
            name: "CSimdjson", path: "Sources/CLibraries/CSimdjson",
            linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("stdc++")]),

        room("LakeCore", []),
        room("LakeBytes", ["LakeCore", "CZstd", "CLz4", "CXxhash", "CRoaring", "CKernels", "CRe2", "CSchemas"]),
        room("LakeShard", ["LakeCore", "LakeBytes"]),
        room("LakeTable", ["LakeCore", "LakeBytes", "LakeShard"]),
        room("LakeQuery", ["LakeCore", "LakeBytes", "LakeShard", "LakeTable", "CPgQuery"]),
        room("LakeIngest", ["LakeCore", "LakeBytes", "LakeShard", "LakeTable", "CSimdjson"]),
        room("LakeArrow", ["LakeCore", "LakeBytes", "LakeShard"]),
        room(
            "LakeFFI",
            [
                "LakeCore", "LakeBytes", "LakeShard", "LakeTable", "LakeQuery", "LakeIngest", "LakeArrow", "AlphaAds",
                "CArrow",
            ],
            linker: selfContained),
        room("AlphaAds", ["LakeCore", "LakeBytes", "LakeShard", "LakeTable", "LakeQuery"]),
        room(
            "AlphaSurveys", ["LakeCore", "LakeBytes", "LakeShard", "CReadStat"],
            resources: [.embedInCode("harmonisation.json")]),
        .executableTarget(
            name: "alphalake",
            dependencies: [
                "LakeCore", "LakeBytes", "LakeShard", "LakeTable", "LakeQuery", "LakeIngest", "LakeArrow",
                "AlphaAds", "AlphaSurveys", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        tests("HouseTests", []),
        tests("LakeCoreTests", ["LakeCore"]),
        tests("LakeBytesTests", ["LakeBytes", "LakeCore"]),
        tests("LakeShardTests", ["LakeShard", "LakeBytes", "LakeCore"]),
        tests("LakeTableTests", ["LakeTable", "LakeShard", "LakeBytes", "LakeCore"]),
        tests("LakeQueryTests", ["LakeQuery", "LakeTable", "LakeShard", "LakeBytes", "LakeCore"]),
        tests("LakeIngestTests", ["LakeIngest", "LakeTable", "LakeShard", "LakeBytes", "LakeCore"]),
        tests("LakeArrowTests", ["LakeArrow", "LakeShard", "LakeBytes", "LakeCore"]),
        tests(
            "LakeFFITests", ["LakeFFI", "LakeArrow", "LakeTable", "LakeShard", "LakeBytes", "LakeCore", "CArrow"]),
        tests("AlphaAdsTests", ["AlphaAds", "LakeQuery", "LakeTable", "LakeShard", "LakeBytes", "LakeCore"]),
        tests("AlphaSurveysTests", ["AlphaSurveys", "LakeShard", "LakeBytes", "LakeCore"]),
        tests("CommandLineTests", ["LakeCore"]),
        tests("ProofTests", ["LakeQuery", "LakeTable", "LakeShard", "LakeBytes", "LakeCore"]),
    ]
)
