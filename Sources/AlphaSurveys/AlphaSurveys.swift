// AlphaSurveys
