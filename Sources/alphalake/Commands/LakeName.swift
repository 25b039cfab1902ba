import ArgumentParser

/// What the commands that read say of their first argument.
enum LakeName {
    static let help: ArgumentHelp =
        "The lake's directory; an earlier version is lake@12, lake@tag:paper or lake@2026-01-31T12:00Z."
}
