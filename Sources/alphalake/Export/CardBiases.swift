/// The part of a dataset card that says whom the data is about, whom not, and what it must not be used for.
enum CardBiases {
    static func section(_ ads: AdFacts?) -> String {
        var parts = [
            """
            ## Known biases

            - **Issue ads only.** The ad library keeps ads about social issues, elections and politics, and of these \
            only the ones that were declared as such or found by the platform. They say what campaigns, interest \
            groups and companies wanted to be heard, not what people talk about, and nothing about ordinary consumer \
            advertising.
            - **Reach is not consent.** A share says how much of an ad's audience a group was. That the ad appealed \
            to the group is an inference; so is engagement, impressions for the money, which also follows prices and \
            competition.
            - **Delivery algorithms had a hand in it.** Advertisers choose an audience, then the platform decides who \
            sees the ad, by predictions of its own. What looks like a group's taste may be the targeting of \
            advertisers or the habit of the algorithm.
            - **Minors are missing.** Ads on these subjects are hardly delivered to people of 13-17 at all; what \
            there is of that bracket is too little to learn from.
            - **People who are not on the platforms are missing**, and so are those who turned personalised ads off, \
            or whose age and gender the platform does not know. Who uses them differs by age, income, education and \
            place.
            - **Two genders and seven age brackets** are all that the source tells; nothing about race, income, \
            education, religion or party, and nothing below a state.
            - **Small states are noisy.** Few people are behind their shares, which are rounded, and dividing by a \
            small population makes the noise larger. Normalised shares are divided by census populations, \
            not by the number of people on the platforms.
            - **Ranges are wide.** Spend, impressions and audience sizes come as ranges; the estimates are their \
            middles.
            - **Large advertisers weigh more.** A page with thousands of nearly equal ads gives pairs by the thousand.
            """
        ]
        if let ads { parts += reach(ads) }
        return parts.joined(separator: "\n\n")
    }

    private static func reach(_ ads: AdFacts) -> [String] {
        var parts: [String] = []
        let people = ads.reachByAge + ads.reachByGender
        if !people.isEmpty {
            parts.append(
                "Whom the ads of this lake reached: the mean over ads of each group's share, beside its share of "
                    + "the population."
            )
            parts.append(table(people))
        }
        let states = ads.reachByState.filter { $0.ratio != nil }.sorted {
            ($0.ratio ?? 0, $0.group) < ($1.ratio ?? 0, $1.group)
        }
        if states.count > 10 {
            parts.append("The five states that were reached least for their population, and the five that were most:")
            parts.append(table(Array(states.prefix(5) + states.suffix(5))))
        }
        return parts
    }

    private static func table(_ reach: [AdFacts.Reach]) -> String {
        let rows = reach.map { group in
            [
                group.group, Markdown.percent(group.share), Markdown.percent(group.population),
                group.ratio.map { Quantities.fixed($0, 2) } ?? "–",
            ]
        }
        return Markdown.table(
            ["group", "share of audience", "share of population", "ratio"], rows, numeric: [1, 2, 3])
    }

    static let uses = """
        ## Uses

        Made for research on how language models can be aligned with the opinions of many groups instead of one \
        average, with behaviour as the signal: training on the samples, and measuring on opinion surveys whether \
        answers come closer to those of the groups.

        It must not be used

        - to aim political or other persuasive messages at people, or to write them for that purpose, least of all for \
        groups that can be harmed by them;
        - to make decisions about persons: what holds for a group's share says nothing about one of its members;
        - to speak for a group, or in place of asking its members, or to present a model's answers as a survey of \
        people;
        - to find out who was behind a page, or to collect what ads say about named persons;
        - as evidence of what an advertiser did or spent: figures are ranges, and records of the library change.

        Ads name politicians, activists and other persons, contain claims that are false or hurtful, and are kept as \
        they were. A model trained on them can repeat these; filter what it writes.
        """
}
